-- Addresses and numbers (normalised) of contacts and leads; none without the module.
create or replace function contact_identifiers() returns table (type text, value text)
language plpgsql stable
as $$
begin
    if to_regclass('contact_channels') is null then
        return;
    end if;
    return query
    select 'email', c.email_norm from contacts c where c.email_norm is not null
    union
    select 'phone', c.phone_e164 from contacts c where c.phone_e164 is not null
    union
    select 'email', lower(h.value) from contact_channels h where h.kind = 'email'
    union
    select 'phone', h.phone_e164 from contact_channels h where h.phone_e164 is not null
    union
    select 'email', l.email_norm from leads l where l.email_norm is not null
    union
    select 'phone', l.phone_e164 from leads l where l.phone_e164 is not null;
end
$$;

-- Keeps the primary e-mail and phone channel of contacts equal to their fields email and phone. An address that is no
-- longer primary stays only if something was said about it (a label, an opt-out, that it is invalid).
create or replace function sync_channels(p_contacts uuid[]) returns void
language plpgsql
as $$
begin
    delete from contact_channels h
    using contacts c
    where c.id = h.contact_id and c.id = any (p_contacts) and h."primary"
        and h.label is null and not h.opted_out and not h.invalid
        and case when h.kind = 'email' then h.value is distinct from c.email
            when h.kind = 'phone' then h.value is distinct from c.phone end;
    update contact_channels h
    set "primary" = false
    from contacts c
    where c.id = h.contact_id and c.id = any (p_contacts) and h."primary"
        and case when h.kind = 'email' then h.value is distinct from c.email
            when h.kind = 'phone' then h.value is distinct from c.phone end;
    insert into contact_channels as h (contact_id, kind, value, phone_e164, "primary")
    select c.id, v.kind, v.value, v.phone_e164, true
    from contacts c, lateral (values ('email', c.email, null), ('phone', c.phone, c.phone_e164)) v (kind, value, phone_e164)
    where c.id = any (p_contacts) and v.value <> ''
    order by c.id, v.kind
    on conflict (contact_id, kind, value) do update set "primary" = true where not h."primary";
end
$$;

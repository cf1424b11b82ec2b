-- Keeps the primary e-mail and phone channel of contacts equal to their fields email and phone. An address that is no
-- longer primary stays only if something was said about it (a label, an opt-out, that it is invalid).
-- p_new: contacts that have no channels yet.
create or replace function sync_channels(p_contacts uuid[], p_new uuid[] default '{}') returns void
language plpgsql
as $$
begin
    if p_contacts <> '{}' then
        delete from contact_channels h
        where h.ctid = any (array(
            select p.ctid from past_channels(p_contacts) p where p.label is null and not p.opted_out and not p.invalid));
        update contact_channels h
        set "primary" = false
        where h.ctid = any (array(select p.ctid from past_channels(p_contacts) p));
    end if;
    insert into contact_channels as h (contact_id, kind, value, phone_e164, "primary")
    select c.id, v.kind, v.value, v.phone_e164, true
    from contacts c, lateral (values ('email', c.email, null), ('phone', c.phone, c.phone_e164)) v (kind, value, phone_e164)
    where c.id = any (p_contacts || p_new) and v.value <> ''
    order by c.id, v.kind
    on conflict (contact_id, kind, value) do update set "primary" = true where not h."primary";
end
$$;

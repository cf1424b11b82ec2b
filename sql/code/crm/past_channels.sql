-- The primary channels of contacts that are not what their fields email and phone say: where they stand in the table, and what was
-- said about them.
create or replace function past_channels(p_contacts uuid[])
returns table (ctid tid, label text, opted_out boolean, invalid boolean)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    select h.ctid, h.label, h.opted_out, h.invalid
    from unnest(p_contacts) u (id)
    cross join lateral (select c.email, c.phone from contacts c where c.id = u.id offset 0) c
    cross join lateral (select o.*, o.ctid from contact_channels o where o.contact_id = u.id and o."primary" offset 0) h
    where case when h.kind = 'email' then h.value is distinct from c.email
        when h.kind = 'phone' then h.value is distinct from c.phone end;
end
$$;

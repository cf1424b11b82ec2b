-- Who the new contacts or leads of a wave are: by their position in it (from 1) the id of a profile or an identifier. A contact says so itself
-- (person: {id} or {type, value}), else by its e-mail address; a lead by its address. An item with a node has chosen already.
create or replace function wanted_persons(p_object text, p_items jsonb[])
returns table (at integer, id uuid, type text, value text)
language plpgsql stable
as $$
begin
    return query
    select u.n::integer, (k.person ->> 'id')::uuid,
        case when k.person ->> 'id' is null then coalesce(k.person ->> 'type', 'email') end,
        coalesce(k.person ->> 'value', i #>> '{new,email_norm}')
    from unnest(p_items) with ordinality u (i, n)
    cross join lateral (select case when p_object = 'contact' then nullif(i -> 'person', 'null') end as person) k
    where i ? 'created' and not i ? 'outcome' and not i ? 'node' and (k.person is not null or i #>> '{new,email_norm}' is not null)
    order by u.n;
end
$$;

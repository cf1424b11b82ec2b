-- Links the new contacts of a wave to the node that their item names; it is chosen once.
create or replace function link_new_contacts(p_items jsonb[]) returns void
language plpgsql
as $$
begin
    insert into contact_node (contact_id, node)
    select (i ->> 'id')::uuid, (i ->> 'node')::bigint
    from unnest(p_items) i where i ? 'created' and not i ? 'outcome' and i ->> 'node' is not null
    order by 1;
    update contacts c
    set profile_id = k.profile_id
    from unnest(p_items) i
    join node n on n.id = (i ->> 'node')::bigint
    join component k on k.label = n.component
    where i ? 'created' and not i ? 'outcome' and c.id = (i ->> 'id')::uuid;
end
$$;

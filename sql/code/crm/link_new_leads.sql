-- Links the new leads of a wave to the node of their person (choose_persons); it is chosen once.
create or replace function link_new_leads(p_items jsonb[]) returns void
language plpgsql
as $$
begin
    insert into lead_node (lead_id, node)
    select (i ->> 'id')::uuid, (i ->> 'node')::bigint
    from unnest(p_items) i where i ? 'created' and not i ? 'outcome' and i ->> 'node' is not null
    order by 1;
end
$$;

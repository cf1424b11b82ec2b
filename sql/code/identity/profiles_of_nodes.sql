-- The live profile of each node.
create or replace function profiles_of_nodes(p_nodes bigint[]) returns table (node bigint, profile_id uuid)
language sql stable
as $$
    select n.id, c.profile_id from node n join component c on c.label = n.component where n.id = any (p_nodes)
$$;

-- All nodes that active edges connect with p_node, itself among them.
create or replace function connected_nodes(p_node bigint) returns setof bigint
language sql stable
as $$
    with recursive reached(node) as (
        select p_node
        union
        select next.node
        from reached r
        cross join lateral (
            select e.b from edge e where e.a = r.node and e.active
            union all
            select e.a from edge e where e.b = r.node and e.active
        ) next(node)
    )
    select node from reached
$$;

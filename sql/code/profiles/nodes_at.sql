-- All nodes that were one profile with p_node at p_at: merges made by then connect them, undone ones until their undo. What was erased is
-- not there at any time.
create or replace function nodes_at(p_node bigint, p_at timestamptz) returns bigint[]
language sql stable
as $$
    with recursive reached(node) as (
        select p_node
        union
        select next.node
        from reached r
        cross join lateral (
            select e.b, e.merge from edge e where e.a = r.node
            union all
            select e.a, e.merge from edge e where e.b = r.node
        ) next(node, merge)
        cross join lateral (
            select from merge m
            where m.id = next.merge and m.state <> 'erased' and m.created_at <= p_at and (m.undone_at is null or m.undone_at > p_at)
            offset 0
        ) m
    )
    select array_agg(r.node order by r.node) from reached r
$$;

-- The node whose id the profile of these nodes showed at p_at, by the rule of public_node.
create or replace function public_node_at(p_nodes bigint[], p_at timestamptz) returns bigint
language sql stable
as $$
    select coalesce(
        (
            select case when m.winner_node = any (p_nodes) then m.winner_node else e.a end
            from edge e
            join merge m on m.id = e.merge
            where e.a = any (p_nodes) and e.b = any (p_nodes) and m.winner_node is not null and m.state <> 'erased'
              and m.created_at <= p_at and (m.undone_at is null or m.undone_at > p_at)
            order by m.created_at desc, m.id desc, e.id
            limit 1
        ),
        (select n.id from node n where n.id = any (p_nodes) order by n.created_at, n.id limit 1)
    )
$$;

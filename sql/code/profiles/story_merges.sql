-- The merges whose edges lie between the given nodes, as JSON by time; undone ones are found through the separation that the
-- undo has left.
create or replace function story_merges(p_nodes bigint[]) returns jsonb
language sql stable
as $$
    with found as (
        select e.merge from edge e where e.a = any (p_nodes) and e.active
        union
        select e.merge from edge e where e.b = any (p_nodes) and e.active
        union
        select m.id from separation s join merge m on m.ref = s.ref
        where s.a = any (p_nodes) and s.b = any (p_nodes) and s.cause = 'undo'
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', m.id, 'ref', m.ref, 'cause', m.cause, 'state', m.state, 'at', iso_time(m.effective_at),
        'created_at', iso_time(m.created_at), 'actor', m.actor, 'message_id', m.message_id,
        'undone_at', iso_time(m.undone_at), 'undone_by', m.undone_by, 'edges', x.edges
    ) order by m.effective_at, m.created_at, m.id), '[]')
    from found f
    join merge m on m.id = f.merge
    cross join lateral (
        select jsonb_agg(jsonb_build_array(
            array_position(p_nodes, e.a) - 1, array_position(p_nodes, e.b) - 1
        ) order by e.id) as edges
        from edge e
        where e.merge = m.id and e.a = any (p_nodes) and e.b = any (p_nodes)
    ) x
    where x.edges is not null
$$;

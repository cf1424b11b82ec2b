-- Merges of a cause and in a state (null: all), newest first, behind (p_before_at, p_before_id) if given, each with the two sides by name.
create or replace function merge_feed(
    p_cause text, p_state text, p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (created_at timestamptz, id uuid, merge jsonb)
language plpgsql stable
as $$
begin
    return query
    select
        m.created_at, m.id,
        jsonb_build_object(
            'id', m.id, 'ref', m.ref, 'cause', m.cause, 'state', m.state, 'actor', m.actor,
            'created_at', iso_time(m.created_at), 'at', iso_time(m.effective_at), 'undone_at', iso_time(m.undone_at),
            'undone_by', m.undone_by, 'profile', c.profile_id,
            'sides', (
                select jsonb_agg(jsonb_build_object('label', node_label(u.node), 'profile', k.profile_id) order by u.first)
                from (
                    select x.node, min(x.pos) as first
                    from edge e
                    cross join lateral unnest(array[e.a, e.b]) with ordinality x(node, pos)
                    where e.merge = m.id
                    group by x.node
                ) u
                join node n on n.id = u.node
                left join component k on k.label = n.component
            )
        )
    from (
        select x.*
        from merge x
        where (p_cause is null or x.cause = p_cause)
          and (p_state is null or x.state = p_state)
          and (p_before_at is null or (x.created_at, x.id) < (p_before_at, p_before_id))
        order by x.created_at desc, x.id desc
        limit p_limit
    ) m
    left join lateral (select e.a from edge e where e.merge = m.id order by e.id limit 1) e on true
    left join node n on n.id = e.a
    left join component c on c.label = n.component
    order by m.created_at desc, m.id desc;
end
$$;

-- The graph behind a profile as it was at p_at, in the form of profile_graph: its nodes, those that merges until then had once joined to
-- them, and those merges, each in the state that it had. Raises TD001.
create or replace function graph_at(p_id uuid, p_type text, p_value text, p_at timestamptz) returns jsonb
language plpgsql stable
as $$
declare
    v_own bigint[] := nodes_at(node_at(p_id, p_type, p_value, p_at), p_at);
    v_nodes bigint[];
    v_public bigint[];      -- of each of v_nodes: the node that gives its profile of then its id
begin
    select array_agg(u.id order by u.id) into v_nodes
    from (
        select unnest(v_own)
        union
        select case when e.a = any (v_own) then e.b else e.a end
        from edge e
        join merge m on m.id = e.merge
        where (e.a = any (v_own) or e.b = any (v_own)) and m.state <> 'erased' and m.created_at <= p_at
    ) u(id);
    v_public := array(
        select public_node_at(nodes_at(u.id, p_at), p_at) from unnest(v_nodes) with ordinality u(id, pos) order by u.pos
    );
    return jsonb_build_object(
        'profile', (select n.public_id from node n where n.id = public_node_at(v_own, p_at)), 'as_of', iso_time(p_at),
        'nodes', (
            select jsonb_agg(
                jsonb_build_object(
                    'id', n.public_id, 'profile', p.public_id, 'created_at', iso_time(n.created_at),
                    'identifiers', (
                        select coalesce(jsonb_agg(
                            jsonb_build_object('type', i.type, 'value', i.value) order by i.attached_at, i.type, i.value
                        ), '[]')
                        from identifiers_at(array[n.id], p_at) i
                    )
                )
                order by n.id <> all (v_own), n.id <> u.public, n.created_at, n.id
            )
            from unnest(v_nodes, v_public) u(id, public)
            join node n on n.id = u.id
            join node p on p.id = u.public
        ),
        'edges', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'a', a.public_id, 'b', b.public_id, 'active', t.active, 'merge', m.id, 'ref', m.ref, 'cause', m.cause,
                    'state', case when t.active then 'applied' else 'undone' end, 'created_at', iso_time(m.created_at),
                    'undone_at', case when not t.active then iso_time(m.undone_at) end
                )
                order by e.id
            ), '[]')
            from edge e
            join merge m on m.id = e.merge
            cross join lateral (select m.undone_at is null or m.undone_at > p_at as active) t
            join node a on a.id = e.a
            join node b on b.id = e.b
            where e.a = any (v_nodes) and e.b = any (v_nodes) and m.state <> 'erased' and m.created_at <= p_at
        )
    );
end
$$;

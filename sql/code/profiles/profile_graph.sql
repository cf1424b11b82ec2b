-- The graph behind a profile: its nodes, those that merges once joined to them, and all merges between them, undone ones too.
-- Raises TD001.
create or replace function profile_graph(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
    v_nodes bigint[];
begin
    select array_agg(distinct u.id) into v_nodes
    from node n
    cross join lateral (
        select n.id
        union all
        select e.b from edge e where e.a = n.id
        union all
        select e.a from edge e where e.b = n.id
    ) u(id)
    where n.component = v_label;
    return (
        select jsonb_build_object(
            'profile', (select c.profile_id from component c where c.label = v_label),
            'nodes', (
                select jsonb_agg(
                    jsonb_build_object(
                        'id', n.public_id, 'profile', c.profile_id, 'created_at', iso_time(n.created_at),
                        'identifiers', (
                            select coalesce(jsonb_agg(
                                jsonb_build_object('type', i.type, 'value', i.value) order by i.attached_at, i.type, i.value
                            ), '[]')
                            from identifier i
                            where i.node = n.id
                        )
                    )
                    order by n.component <> v_label, n.public_id <> c.profile_id, n.created_at, n.id
                )
                from node n
                left join component c on c.label = n.component
                where n.id = any (v_nodes)
            ),
            'edges', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'a', a.public_id, 'b', b.public_id, 'active', e.active, 'merge', m.id, 'ref', m.ref,
                        'cause', m.cause, 'state', m.state, 'created_at', iso_time(m.created_at),
                        'undone_at', iso_time(m.undone_at)
                    )
                    order by e.id
                ), '[]')
                from edge e
                join merge m on m.id = e.merge
                join node a on a.id = e.a
                join node b on b.id = e.b
                where e.a = any (v_nodes) and e.b = any (v_nodes)
            )
        )
    );
end
$$;

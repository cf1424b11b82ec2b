-- Reviews in a state, oldest first, each with the profiles it is about and their first identifiers.
-- p_after_at, p_after_id: the last one of the page before.
create or replace function review_list(
    p_state text, p_after_at timestamptz, p_after_id uuid, p_limit int4
) returns table (id uuid, created_at timestamptz, review jsonb)
language plpgsql stable
as $$
begin
    return query
    select
        r.id, r.created_at,
        jsonb_build_object(
            'id', r.id, 'ref', r.ref, 'refs', to_jsonb(r.refs), 'reason', r.reason, 'state', r.state,
            'created_at', iso_time(r.created_at), 'decided_at', iso_time(r.decided_at), 'decided_by', r.decided_by,
            'profiles', (
                select jsonb_agg(jsonb_build_object('id', c.profile_id, 'identifiers', i.list) order by u.pos)
                from unnest(r.home || r.nodes) with ordinality u(node, pos)
                join node n on n.id = u.node
                join component c on c.label = n.component
                cross join lateral (
                    select coalesce(jsonb_agg(jsonb_build_object('type', x.type, 'value', x.value)), '[]') as list
                    from (
                        select x.type, x.value
                        from identifier x
                        where x.node = u.node
                        order by x.type, x.value
                        limit 20
                    ) x
                ) i
            )
        )
    from review r
    where r.state = p_state and (p_after_at is null or (r.created_at, r.id) > (p_after_at, p_after_id))
    order by r.created_at, r.id
    limit p_limit;
end
$$;

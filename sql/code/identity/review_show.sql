-- A review as the API shows it, without prefixes on ids: with the profiles that it is about, home first, and of each its first
-- identifiers and its accounts. detail: what is known of the cause; of a likeness that is its score and explanation, and each profile has
-- beside what it says of what was compared. Raises TD001.
create or replace function review_show(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_review jsonb;
begin
    select jsonb_build_object(
        'id', r.id, 'ref', r.ref, 'refs', to_jsonb(r.refs), 'reason', r.reason, 'state', r.state,
        'created_at', iso_time(r.created_at), 'effective_at', iso_time(r.effective_at),
        'decided_at', iso_time(r.decided_at), 'decided_by', r.decided_by, 'detail', r.detail,
        'profiles', (
            select coalesce(jsonb_agg(
                jsonb_build_object('id', c.profile_id, 'identifiers', i.list, 'accounts', component_accounts(c.label))
                    || case when r.reason = 'likeness' then jsonb_build_object('compared', profile_compared(c.label)) else '{}' end
                order by u.pos
            ), '[]')
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
    into v_review
    from review r
    where r.id = p_id;
    if v_review is null then
        raise exception 'no such review' using errcode = 'TD001';
    end if;
    return v_review;
end
$$;

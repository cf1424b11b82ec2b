-- Merges, newest first: all, those of one ref (itself or with a time of receipt behind it), or those that touch one profile; of one
-- cause and in one state (null: whatever).
-- p_before_at, p_before_id: the last one of the page before.
create or replace function merge_list(
    p_ref text, p_profile uuid, p_cause text, p_state text, p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (id uuid, created_at timestamptz, merge jsonb)
language plpgsql stable
as $$
begin
    if p_profile is null then
        return query
        select m.id, m.created_at, merge_show(m.id)
        from merge m
        where (p_ref is null or m.ref = p_ref or m.message_id = p_ref)
          and (p_cause is null or m.cause = p_cause)
          and (p_state is null or m.state = p_state)
          and (p_before_at is null or (m.created_at, m.id) < (p_before_at, p_before_id))
        order by m.created_at desc, m.id desc
        limit p_limit;
    else
        return query
        select m.id, m.created_at, merge_show(m.id)
        from merge m
        where m.id in (
            select e.merge
            from node asked
            join node n on n.component = asked.component
            cross join lateral (
                select x.merge from edge x where x.a = n.id union all select y.merge from edge y where y.b = n.id
            ) e
            where asked.public_id = p_profile
        )
        and (p_cause is null or m.cause = p_cause)
        and (p_state is null or m.state = p_state)
        and (p_before_at is null or (m.created_at, m.id) < (p_before_at, p_before_id))
        order by m.created_at desc, m.id desc
        limit p_limit;
    end if;
end
$$;

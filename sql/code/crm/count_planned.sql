-- How much is planned and not done, of what planned_activities gives of an owner (null: of everyone) within a week: {"overdue", "today", "week"}.
-- At most p_limit are looked at.
create or replace function count_planned(p_owner uuid, p_zone text, p_now timestamptz, p_limit int4) returns jsonb
language plpgsql stable
as $$
declare
    v_counts jsonb;
begin
    execute format(
        $q$
        select coalesce(jsonb_object_agg(c.state, c.count), '{}')
        from (
            select due_state(v.due_at, v.due_date, z.zone, $3) as state, count(*) as count
            from (
                select a.due_at, a.due_date, a.owner_id
                from activities a
                where a.status = 'planned' and %s and ($1 is null or a.owner_id = $1)
                  and (a.due_at < $3 + interval '9 days' or a.due_date <= $3::date + 9)
                limit $4
            ) v
            left join users u on u.id = v.owner_id
            cross join lateral known_zone(u.time_zone, $2) z (zone)
            group by 1
        ) c
        where c.state in ('overdue', 'today', 'week')
        $q$, record_condition('activity', 'read', 'a')
    ) into v_counts using p_owner, p_zone, p_now, p_limit;
    return v_counts;
end
$$;

-- What is planned and not done of what the caller may read, with how it stands in its owner's time zone (see due_state), the most urgent first: of
-- one owner (null: of everyone), or linked to one of p_records (null: to anything), due before the end of p_days days from now (null: whenever).
-- At most p_limit; within p_days of what is overdue, due today and due later each, that much of the one hides nothing of the other.
create or replace function planned_activities(
    p_owner uuid, p_records uuid[], p_days int4, p_zone text, p_now timestamptz, p_limit int4
) returns table (state text, activity jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select s.state, activity_json(s.id) || jsonb_build_object('state', s.state, 'about', activity_subjects(s.id))
        from (
            select p.*, row_number() over (
                partition by case when $3 is not null then p.state end
                order by p.due nulls last, array_position(array['high', 'normal', 'low'], p.priority), p.id
            ) as place
            from (
                select v.id, due_state(v.due_at, v.due_date, z.zone, $5) as state,
                    coalesce(v.due_at, (v.due_date + 1)::timestamp at time zone z.zone) as due, v.priority
                from (
                    select a.*
                    from activities a
                    where $2 is null and a.status = 'planned' and %1$s
                    union all
                    select a.*
                    from (select distinct l.activity_id from activity_links l where l.record_id = any ($2)) k
                    join activities a on a.id = k.activity_id
                    where a.status = 'planned' and %1$s
                ) v
                left join users u on u.id = v.owner_id
                cross join lateral known_zone(u.time_zone, $4) z (zone)
                where ($1 is null or v.owner_id = $1) and (
                    $3 is null or v.due_at < $5 + make_interval(days => $3 + 2) or v.due_date <= $5::date + $3 + 2
                )
            ) p
            where $3 is null or p.state in ('overdue', 'today', 'week')
        ) s
        where s.place <= $6
        order by s.due nulls last, array_position(array['high', 'normal', 'low'], s.priority), s.id
        $q$, record_condition('activity', 'read', 'a')
    ) using p_owner, p_records, p_days, p_zone, p_now, p_limit;
end
$$;

-- Forgets violations of events received before p_before, at most p_limit events; their counts by the hour stay. Returns how many
-- those were; 0: all is done.
create or replace function plan_violations_expire(p_before timestamptz, p_limit integer) returns integer
language sql volatile
as $$
    with gone as (
        delete from plan_violation v
        where v.event_id in (
            select x.event_id from plan_violation x where x.received_at < p_before order by x.received_at, x.event_id
            limit p_limit for update skip locked
        )
        returning v.received_at, v.source, v.plan, v.type, v.name, v.action, v.violations
    ),
    kept as (
        insert into plan_violation_hour (hour, source, plan, type, name, keyword, action, count)
        select
            date_trunc('hour', g.received_at, 'UTC'), g.source, g.plan, g.type, coalesce(g.name, ''),
            x.violation ->> 'keyword', g.action, count(*)
        from gone g
        cross join lateral jsonb_array_elements(g.violations) x(violation)
        group by 1, 2, 3, 4, 5, 6, 7
        order by 1, 2, 3, 4, 5, 6, 7
        on conflict (hour, source, plan, type, name, keyword, action) do update
        set count = plan_violation_hour.count + excluded.count
    )
    select count(*)::integer from gone
$$;

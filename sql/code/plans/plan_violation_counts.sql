-- Counts violations by the hour of receipt (or over all hours), source, plan, event, keyword and what became of the event; the
-- newest and most frequent first, at most p_limit rows. p_filter: see plan_violation_list, without pointer; times count by whole
-- hours.
create or replace function plan_violation_counts(p_filter jsonb, p_by_hour boolean, p_limit int4) returns jsonb
language plpgsql stable
as $$
declare
    v_counts jsonb;
begin
    execute $q$
        with lasting as (
            select
                date_trunc('hour', v.received_at, 'UTC') as hour, v.source, v.plan, v.type, coalesce(v.name, '') as name,
                x.violation ->> 'keyword' as keyword, v.action, 1 as count
            from plan_violation v
            cross join lateral jsonb_array_elements(v.violations) x(violation)
            where v.received_at >= date_trunc('hour', coalesce(($1 ->> 'after')::timestamptz, '-infinity'), 'UTC')
            union all
            select h.hour, h.source, h.plan, h.type, h.name, h.keyword, h.action, h.count
            from plan_violation_hour h
            where h.hour >= date_trunc('hour', coalesce(($1 ->> 'after')::timestamptz, '-infinity'), 'UTC')
        ),
        summed as (
            select
                case when $3 then l.hour end as hour, l.source, l.plan, l.type, nullif(l.name, '') as name, l.keyword, l.action,
                sum(l.count)::bigint as count
            from lasting l
            where l.hour < coalesce(($1 ->> 'before')::timestamptz, 'infinity')
              and ($2 is null or l.source = any ($2))
              and ($1 ->> 'plan' is null or l.plan = any (array(
                  select x.id from tracking_plan x where x.name = $1 ->> 'plan' or x.id::text = $1 ->> 'plan')))
              and ($1 ->> 'type' is null or l.type = $1 ->> 'type')
              and ($1 ->> 'name' is null or l.name = $1 ->> 'name')
              and ($1 ->> 'action' is null or l.action = $1 ->> 'action')
              and ($1 ->> 'keyword' is null or l.keyword = $1 ->> 'keyword')
            group by 1, 2, 3, 4, 5, 6, 7
            order by 1 desc, 8 desc, 2, 3, 4, 5, 6, 7
            limit $4
        )
        select jsonb_build_object(
            'count', coalesce(sum(m.count), 0),
            'items', coalesce(jsonb_agg(
                jsonb_strip_nulls(jsonb_build_object('hour', iso_time(m.hour))) || jsonb_build_object(
                    'source', s.name, 'plan', t.name, 'type', m.type, 'name', m.name, 'keyword', m.keyword,
                    'action', m.action, 'count', m.count)
                order by m.hour desc, m.count desc, s.name, t.name, m.type, m.name, m.keyword, m.action), '[]'))
        from summed m
        left join source s on s.id = m.source
        left join tracking_plan t on t.id = m.plan
    $q$ into v_counts using p_filter, quarantine_sources(p_filter), p_by_hour, p_limit;
    return v_counts;
end
$$;

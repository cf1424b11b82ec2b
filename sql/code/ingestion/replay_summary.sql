-- How many stored events a replay's filter means (see replay_wants, and after and before: the event's time), by type and name.
create or replace function replay_summary(p_filter jsonb) returns jsonb
language plpgsql stable
as $$
declare
    v_sources int2[] := quarantine_sources(p_filter);
    v_after timestamptz := coalesce((p_filter ->> 'after')::timestamptz, '-infinity');
    v_before timestamptz := coalesce((p_filter ->> 'before')::timestamptz, 'infinity');
begin
    return (
        with counted as (
            select e.type, e.name, count(*) as count, min(e.ts) as oldest, max(e.ts) as newest
            from event_log e
            where e.ts >= v_after and e.ts < v_before and replay_wants(p_filter, v_sources, e.source, e.type, e.name)
            group by e.type, e.name
        )
        select jsonb_build_object(
            'count', coalesce(sum(c.count), 0), 'oldest', iso_time(min(c.oldest)), 'newest', iso_time(max(c.newest)),
            'items', coalesce((
                select jsonb_agg(jsonb_build_object('type', t.type, 'name', t.name, 'count', t.count) order by t.count desc, t.type, t.name)
                from (select * from counted o order by o.count desc, o.type, o.name limit 50) t
            ), '[]'))
        from counted c
    );
end
$$;

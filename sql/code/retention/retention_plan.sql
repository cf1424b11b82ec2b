-- What rules would take away now: [{"type", "event", "events"}], the most first. Reads the older part of the event log; writes nothing.
create or replace function retention_plan(p_rules jsonb) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('type', g.type, 'event', g.name, 'events', g.events))
        order by g.events desc, g.type, g.name), '[]')
    from (
        select e.type, e.name, count(*) as events
        from event_log e
        where e.ts < now() - make_interval(days => (select min((r ->> 'days')::int4) from jsonb_array_elements(p_rules) r))
          and greatest(e.ts, e.received_at) < now() - make_interval(days => retention_days(p_rules, e.type, e.name))
        group by e.type, e.name
        order by count(*) desc, e.type, e.name
        limit 1000
    ) g
$$;

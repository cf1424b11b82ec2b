-- The sources that keep to a plan, with what becomes of their events that do not.
create or replace function plan_sources(p_id uuid) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'source', s.name, 'version', c.version, 'violations', c.violations, 'unplanned_events', c.unplanned_events,
            'unplanned_properties', c.unplanned_properties, 'author', c.author, 'changed_at', iso_time(c.changed_at))
        order by s.name), '[]')
    from plan_connection c
    join source s on s.id = c.source
    where c.plan = p_id
$$;

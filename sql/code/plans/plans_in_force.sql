-- What events are checked by when they are read: by the number of each source that keeps to a plan.
create or replace function plans_in_force() returns jsonb
language sql stable
as $$
    select coalesce(jsonb_object_agg(
        c.source,
        jsonb_build_object(
            'id', t.id, 'name', t.name, 'version', v.version, 'events', v.events, 'violations', c.violations,
            'unplanned_events', c.unplanned_events, 'unplanned_properties', c.unplanned_properties)), '{}')
    from plan_connection c
    join tracking_plan t on t.id = c.plan
    cross join lateral (
        select x.version, x.events
        from tracking_plan_version x
        where x.plan = c.plan and (c.version is null or x.version = c.version)
        order by x.version desc
        limit 1
    ) v
$$;

-- The versions of a plan, newest first, after the version p_after. Raises TD001.
create or replace function plan_versions(p_plan text, p_after int4, p_limit int4)
returns table (version int4, item jsonb)
language sql stable
as $$
    select
        v.version,
        jsonb_build_object(
            'version', v.version, 'description', v.description, 'event_count', jsonb_array_length(v.events),
            'author', v.author, 'created_at', iso_time(v.created_at))
    from tracking_plan_version v
    where v.plan = plan_id(p_plan) and (p_after is null or v.version < p_after)
    order by v.version desc
    limit p_limit
$$;

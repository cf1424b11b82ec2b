-- The plans by name, behind p_after, each with its newest version but without the schemas.
create or replace function plan_list(p_after text, p_limit int4) returns table (name text, item jsonb)
language sql stable
as $$
    select
        t.name,
        jsonb_build_object(
            'id', t.id, 'name', t.name, 'version', v.version, 'description', v.description,
            'event_count', jsonb_array_length(v.events), 'author', v.author, 'created_at', iso_time(v.created_at),
            'sources', plan_sources(t.id))
    from tracking_plan t
    cross join lateral (
        select x.* from tracking_plan_version x where x.plan = t.id order by x.version desc limit 1
    ) v
    where p_after is null or t.name > p_after
    order by t.name
    limit p_limit
$$;

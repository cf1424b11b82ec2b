-- A version of a plan, the newest where p_version is null, with the sources that keep to the plan. Raises TD001.
create or replace function plan_get(p_plan text, p_version int4) returns jsonb
language plpgsql stable
as $$
declare
    v_plan jsonb;
begin
    select jsonb_build_object(
        'id', t.id, 'name', t.name, 'version', v.version, 'description', v.description, 'events', v.events,
        'author', v.author, 'created_at', iso_time(v.created_at), 'sources', plan_sources(t.id))
    into v_plan
    from tracking_plan t
    join tracking_plan_version v on v.plan = t.id
    where t.id = plan_id(p_plan) and (p_version is null or v.version = p_version)
    order by v.version desc
    limit 1;
    if v_plan is null then
        raise exception 'the plan has no such version' using errcode = 'TD001';
    end if;
    return v_plan;
end
$$;

-- Adds a version to the plan of that name or id, which is made if there is none of the name, and answers it as plan_get does.
-- p_expected: the version that the caller changes (0: none); null: whatever it is. The same content again adds nothing. Sources
-- that follow the newest version keep to it from now on. Schemas are checked before the call; raises TD001 for an unknown id,
-- TD002 where p_expected is not the newest.
create or replace function plan_put(p_plan text, p_expected int4, p_description text, p_events jsonb, p_author text)
returns jsonb
language plpgsql
as $$
declare
    v_id uuid;
    v_version int4;
    v_description text;
    v_events jsonb;
begin
    -- One writer of reading rules at a time.
    perform from identity_state for update;
    select t.id into v_id from tracking_plan t where t.name = p_plan or t.id::text = p_plan;
    select v.version, v.description, v.events into v_version, v_description, v_events
    from tracking_plan_version v
    where v.plan = v_id
    order by v.version desc
    limit 1;
    v_version := coalesce(v_version, 0);
    if p_expected <> v_version then
        raise exception 'the plan is at version %', v_version using errcode = 'TD002', hint = v_version::text;
    end if;
    if v_id is null then
        if p_plan ~ '^[0-9a-f]{8}-' then
            raise exception 'no such tracking plan' using errcode = 'TD001';
        end if;
        insert into tracking_plan (id, name, created_at) values (uuidv7(), p_plan, now()) returning id into v_id;
    end if;
    if p_events is distinct from v_events or p_description is distinct from v_description then
        insert into tracking_plan_version (plan, version, description, events, author, created_at)
        values (v_id, v_version + 1, p_description, p_events, p_author, now());
        update identity_state set reading_version = reading_version + 1
        where exists (select from plan_connection c where c.plan = v_id and c.version is null);
        perform append_audit(
            p_author, 'tracking_plan.write', 'tracking_plan', v_id::text, jsonb_build_object('version', v_version + 1));
    end if;
    return plan_get(v_id::text, null);
end
$$;

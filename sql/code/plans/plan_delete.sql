-- Deletes a plan with its versions and answers what it was; its violations stay. Raises TD001, and TD005 while a source keeps to
-- it.
create or replace function plan_delete(p_plan text, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_plan jsonb := plan_get(p_plan, null);
    v_count bigint;
begin
    select count(*) into v_count from plan_connection c where c.plan = (v_plan ->> 'id')::uuid;
    if v_count > 0 then
        raise exception 'sources keep to the plan'
            using errcode = 'TD005', detail = jsonb_build_object('source', v_count)::text;
    end if;
    delete from tracking_plan t where t.id = (v_plan ->> 'id')::uuid;
    perform append_audit(p_actor, 'tracking_plan.delete', 'tracking_plan', v_plan ->> 'id', '{}');
    return v_plan;
end
$$;

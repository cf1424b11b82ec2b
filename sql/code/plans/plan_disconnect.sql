-- Lets a source keep to the plan no longer, and answers the plan. Raises TD001 where it did not.
create or replace function plan_disconnect(p_plan text, p_source text, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_plan uuid := plan_id(p_plan);
    v_source int2 := source_number(p_source);
begin
    perform from identity_state for update;
    delete from plan_connection c where c.source = v_source and c.plan = v_plan;
    if not found then
        raise exception 'the source does not keep to the plan' using errcode = 'TD001';
    end if;
    update identity_state set reading_version = reading_version + 1;
    perform append_audit(
        p_actor, 'tracking_plan.disconnect', 'tracking_plan', v_plan::text, jsonb_build_object('source', v_source));
    return plan_get(p_plan, null);
end
$$;

-- Lets a source keep to a plan from now on, instead of to what it kept before. p_version null: the newest of each time. Answers
-- the plan as plan_get does. Raises TD001 where there is no such plan, version or source.
create or replace function plan_connect(
    p_plan text, p_source text, p_version int4, p_violations text, p_unplanned_events text, p_unplanned_properties text,
    p_author text
) returns jsonb
language plpgsql
as $$
declare
    v_plan uuid := (plan_get(p_plan, p_version) ->> 'id')::uuid;
    v_source int2 := source_number(p_source);
begin
    perform from identity_state for update;
    insert into plan_connection (
        source, plan, version, violations, unplanned_events, unplanned_properties, author, changed_at
    )
    values (v_source, v_plan, p_version, p_violations, p_unplanned_events, p_unplanned_properties, p_author, now())
    on conflict (source) do update
    set plan = excluded.plan, version = excluded.version, violations = excluded.violations,
        unplanned_events = excluded.unplanned_events, unplanned_properties = excluded.unplanned_properties,
        author = excluded.author, changed_at = excluded.changed_at;
    update identity_state set reading_version = reading_version + 1;
    perform append_audit(
        p_author, 'tracking_plan.connect', 'tracking_plan', v_plan::text,
        jsonb_build_object('source', v_source, 'version', p_version, 'violations', p_violations));
    return plan_get(p_plan, null);
end
$$;

-- Notes where events did not keep to the plan of their source; what was noted of an event before is replaced, but for the time of
-- its first receipt.
create or replace function plan_violations_add(
    p_event_id uuid[], p_received_at timestamptz[], p_message_id text[], p_source int2[], p_plan uuid[], p_version int4[],
    p_type text[], p_name text[], p_action text[], p_violations jsonb[]
) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    -- In one order, since two batches may bring the same event.
    insert into plan_violation (event_id, received_at, message_id, source, plan, version, type, name, action, violations)
    select distinct on (u.event_id)
        u.event_id, u.received_at, u.message_id, u.source, u.plan, u.version, u.type, u.name, u.action, u.violations
    from unnest(
        p_event_id, p_received_at, p_message_id, p_source, p_plan, p_version, p_type, p_name, p_action, p_violations
    ) u(event_id, received_at, message_id, source, plan, version, type, name, action, violations)
    order by u.event_id
    on conflict (event_id) do update
    set source = excluded.source, plan = excluded.plan, version = excluded.version, type = excluded.type, name = excluded.name,
        action = excluded.action, violations = excluded.violations;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

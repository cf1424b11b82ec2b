-- Orders long work. Whoever serves the tenant claims it (operation_claim).
create or replace function operation_start(p_id uuid, p_type text, p_input jsonb, p_total bigint, p_actor text) returns void
language plpgsql
as $$
begin
    insert into operation (id, type, state, input, total, actor, created_at)
    values (p_id, p_type, 'running', p_input, p_total, p_actor, clock_timestamp());
    perform append_audit(
        p_actor, 'operation.order', 'operation', p_id::text, jsonb_build_object('type', p_type, 'total', p_total));
end
$$;

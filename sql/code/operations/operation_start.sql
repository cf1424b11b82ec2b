-- Orders long work. Whoever serves the tenant claims it (operation_claim).
create or replace function operation_start(p_id uuid, p_kind text, p_parameters jsonb, p_total bigint, p_actor text) returns void
language sql volatile
as $$
    insert into operation (id, kind, parameters, total, actor, created_at)
    values (p_id, p_kind, p_parameters, p_total, p_actor, clock_timestamp())
$$;

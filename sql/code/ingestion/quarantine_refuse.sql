-- Notes that events of the quarantine failed again, with the new reasons. They stay as they were, held or rejected; the
-- operation counts each once.
create or replace function quarantine_refuse(p_operation uuid, p_id uuid[], p_code text[], p_message text[]) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    update quarantine q
    set code = e.code, message = e.message, attempts = q.attempts + 1, operation = p_operation
    from unnest(p_id, p_code, p_message) e(id, code, message)
    where q.id = e.id and q.state in ('held', 'rejected') and q.operation is distinct from p_operation;
    get diagnostics v_count = row_count;
    perform operation_count(p_operation, jsonb_build_object('failed', v_count));
    return v_count;
end
$$;

-- Orders that what an operation did to records be taken back, and answers the undoing operation. One that failed or was cancelled may be
-- followed by another, which takes back the rest.
-- Raises TD001 (no such operation), TD018, TD013 (it is of a type that cannot be undone, or still runs), TD009 (undone before).
create or replace function bulk_undo_order(p_id uuid, p_operation uuid, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_operation record;
    v_total bigint;
    v_earlier uuid[];
begin
    select o.type, o.state, o.input, o.actor into v_operation from operation o where o.id = p_operation for no key update;
    if not found or not may_see_operation(v_operation.actor) then
        raise exception 'no operation %', p_operation using errcode = 'TD001';
    elsif not may_see_operation(v_operation.actor, 'edit') then
        raise exception 'not allowed' using errcode = 'TD018',
            detail = 'The role does not allow to take back what others have ordered (its right to edit setting reaches: none).';
    elsif v_operation.type <> 'bulk' then
        raise exception 'not undoable' using errcode = 'TD013', detail = 'An operation of this type cannot be undone.';
    elsif v_operation.state = 'running' then
        raise exception 'running' using errcode = 'TD013', detail = 'The operation still runs: cancel it or wait for its end.';
    end if;
    v_earlier := array(
        select o.id from operation o
        where o.type = 'bulk_undo' and o.created_at > now() - interval '100 years' and o.input ->> 'operation' = p_operation::text
    );
    if exists (select from operation o where o.id = any (v_earlier) and o.state not in ('failed', 'cancelled')) then
        raise exception 'undone before' using errcode = 'TD009';
    end if;
    perform operation_start(
        p_id, 'bulk_undo', jsonb_build_object('operation', p_operation, 'object', v_operation.input -> 'object',
            'action', v_operation.input -> 'action') || caller_json(), 0, p_actor);
    insert into operation_record (operation_id, record_id)
    select p_id, w.record_id from operation_record w
    where w.operation_id = p_operation and w.outcome in ('updated', 'deleted', 'restored')
        and not exists (
            select from operation_record e
            where e.operation_id = any (v_earlier) and e.record_id = w.record_id and e.outcome is not null)
    order by w.record_id;
    get diagnostics v_total = row_count;
    update operation o set total = v_total where o.id = p_id;
    return operation_show(p_id);
end
$$;

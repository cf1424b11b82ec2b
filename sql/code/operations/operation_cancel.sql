-- Ends an operation before its end: what it has done stays. Raises TD001, and TD013 if it has ended already. Answers it.
create or replace function operation_cancel(p_id uuid, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_state text;
    v_actor text;
begin
    select o.state, o.actor into v_state, v_actor from operation o where o.id = p_id for no key update;
    if not found or not may_see_operation(v_actor, 'edit') then
        raise exception 'no operation %', p_id using errcode = 'TD001';
    elsif v_state not in ('pending', 'running') then
        raise exception 'ended' using errcode = 'TD013', detail = 'The operation has ended: it is ' || v_state || '.';
    end if;
    update operation o set state = 'cancelled', finished_at = clock_timestamp(), leased_until = null where o.id = p_id;
    perform append_audit(p_actor, 'operation.cancel', 'operation', p_id::text, '{}');
    return operation_show(p_id);
end
$$;

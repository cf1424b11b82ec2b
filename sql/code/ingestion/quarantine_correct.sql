-- Puts a corrected event beside the original of an undecided one, and orders that it be processed again (operation p_operation). Checked before
-- the call. Answers the operation. Raises TD001, TD012.
create or replace function quarantine_correct(p_id uuid, p_event bytea, p_operation uuid, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_state text;
begin
    select q.state into v_state from quarantine q where q.id = p_id for update;
    if v_state is null then
        raise exception 'no such event' using errcode = 'TD001';
    elsif v_state not in ('held', 'rejected') then
        raise exception 'the event was decided before' using errcode = 'TD012';
    end if;
    update quarantine q set corrected = p_event, corrected_at = now(), corrected_by = p_actor where q.id = p_id;
    perform append_audit(p_actor, 'quarantine.correct', 'quarantine', p_id::text, jsonb_build_object('bytes', octet_length(p_event)));
    return quarantine_order(p_operation, 'quarantine_reprocess', jsonb_build_object('id', p_id, 'state', v_state), p_actor);
end
$$;

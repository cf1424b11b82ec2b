-- Orders that the events which p_filter means be re-processed or discarded (p_type quarantine_reprocess or
-- quarantine_discard). Answers the operation.
create or replace function quarantine_order(p_id uuid, p_type text, p_filter jsonb, p_actor text) returns jsonb
language plpgsql
as $$
begin
    perform operation_start(p_id, p_type, p_filter, (quarantine_summary(p_filter) ->> 'count')::bigint, p_actor);
    return operation_show(p_id);
end
$$;

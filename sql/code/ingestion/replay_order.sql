-- Orders that the stored events which p_filter means be replayed (event_replay). Answers the operation.
create or replace function replay_order(p_id uuid, p_filter jsonb, p_actor text) returns jsonb
language plpgsql
as $$
begin
    perform operation_start(p_id, 'event_replay', p_filter, (replay_summary(p_filter) ->> 'count')::bigint, p_actor);
    return operation_show(p_id);
end
$$;

-- An event of the quarantine as lists and pages show it, without its bytes. Null: there is none of that id.
create or replace function quarantine_item(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'id', q.id, 'received_at', iso_time(q.received_at), 'state', q.state, 'code', q.code, 'message', q.message,
        'type', q.type, 'name', q.name, 'message_id', q.message_id, 'path', q.path, 'source', s.name, 'key', q.key_id,
        'size', octet_length(q.original), 'complete', q.complete, 'attempts', q.attempts, 'operation', q.operation,
        'decided_at', iso_time(q.decided_at),
        'corrected_at', iso_time(q.corrected_at), 'corrected_by', q.corrected_by)
    from quarantine q
    left join source s on s.id = q.source
    where q.id = p_id
$$;

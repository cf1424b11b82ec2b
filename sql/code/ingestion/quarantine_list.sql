-- A page of the quarantine, newest first, behind (p_after_at, p_after_id) if given.
create or replace function quarantine_list(
    p_state text,
    p_after_at timestamptz,
    p_after_id uuid,
    p_limit integer
) returns table (id uuid, received_at timestamptz, item jsonb)
language sql stable
as $$
    select q.id, q.received_at, jsonb_build_object(
        'id', q.id, 'received_at', iso_time(q.received_at), 'state', q.state, 'code', q.code, 'message', q.message,
        'type', q.type, 'name', q.name, 'message_id', q.message_id, 'path', q.path,
        'source', s.name, 'key', q.key_id, 'size', octet_length(q.original), 'decided_at', iso_time(q.decided_at))
    from quarantine q
    left join source s on s.id = q.source
    where (p_state is null or q.state = p_state)
      and (p_after_at is null or (q.received_at, q.id) < (p_after_at, p_after_id))
    order by q.received_at desc, q.id desc
    limit p_limit
$$;

-- The events that were not stored, newest first, each with the reason and the beginning of what was sent; p_state null: held
-- and rejected ones; p_source null: of all sources.
create or replace function newest_refusals(p_state text, p_limit int4, p_source int2 default null)
returns table (received_at timestamptz, event jsonb, original bytea)
language sql stable
as $$
    select
        q.received_at,
        jsonb_build_object(
            'id', q.id, 'received_at', iso_time(q.received_at), 'type', q.type, 'name', q.name, 'source', s.name,
            'message_id', q.message_id, 'state', q.state, 'code', q.code, 'message', q.message, 'path', q.path,
            'size', octet_length(q.original)
        ),
        substr(q.original, 1, 4000)
    from quarantine q
    left join source s on s.id = q.source
    where (p_state is null or q.state = p_state) and (p_source is null or q.source = p_source)
    order by q.received_at desc, q.id desc
    limit p_limit
$$;

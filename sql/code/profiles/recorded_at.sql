-- When the event of a node that has this time and this id or message id was received; p_else where there is none any more, or never was.
create or replace function recorded_at(p_node bigint, p_ts timestamptz, p_event_id uuid, p_message_id text, p_else timestamptz)
returns timestamptz
language sql stable
as $$
    select coalesce(
        (
            select min(e.received_at)
            from event_log e
            where e.node = p_node and e.ts = p_ts and (e.event_id = p_event_id or e.message_id = p_message_id)
        ),
        p_else
    )
$$;

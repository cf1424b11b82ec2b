-- Keeps events that were not stored, and counts them: 'held' ones may be re-processed as they are, of 'rejected' ones the
-- sender was told.
-- p_request_…: one element for each request that they came in, what its events share. The same ids again change nothing.
create or replace function quarantine_add(
    p_state text,
    p_id uuid[],
    p_request uuid[],
    p_received_at timestamptz[],
    p_source int2[],
    p_key_id text[],
    p_message_id text[],
    p_type text[],
    p_name text[],
    p_code text[],
    p_message text[],
    p_path text[],
    p_original bytea[],
    p_complete boolean[],
    p_text_replaced boolean[],
    p_request_id uuid[],
    p_request_received_at timestamptz[],
    p_request_sent_at timestamptz[],
    p_request_client_address text[],
    p_request_from_browser boolean[],
    p_request_single_type text[],
    p_request_envelope bytea[]
) returns integer
language sql volatile
as $$
    with requests as (
        insert into quarantine_request (id, received_at, sent_at, client_address, from_browser, single_type, envelope)
        select r.id, r.received_at, r.sent_at, r.client_address, r.from_browser, r.single_type, r.envelope
        from unnest(
            p_request_id, p_request_received_at, p_request_sent_at, p_request_client_address, p_request_from_browser,
            p_request_single_type, p_request_envelope)
            as r (id, received_at, sent_at, client_address, from_browser, single_type, envelope)
        on conflict (id) do nothing
    ),
    added as (
        insert into quarantine (
            id, request, received_at, source, key_id, message_id, type, name, code, message, state, path, original, complete,
            text_replaced)
        select
            e.id, e.request, e.received_at, e.source, e.key_id, e.message_id, e.type, e.name, e.code, e.message, p_state, e.path,
            e.original, e.complete, e.text_replaced
        from unnest(
            p_id, p_request, p_received_at, p_source, p_key_id, p_message_id, p_type, p_name, p_code, p_message, p_path,
            p_original, p_complete, p_text_replaced)
            as e (
                id, request, received_at, source, key_id, message_id, type, name, code, message, path, original, complete,
                text_replaced)
        on conflict (id) do nothing
        returning source, key_id, received_at
    ),
    tallied as (
        insert into tally (hour, source, key_id, quarantined, rejected)
        select
            date_trunc('hour', a.received_at, 'UTC'), coalesce(a.source, 0), coalesce(a.key_id, ''),
            case when p_state = 'held' then count(*) else 0 end, case when p_state = 'rejected' then count(*) else 0 end
        from added a
        group by 1, 2, 3
    )
    select count(*)::integer from added
$$;

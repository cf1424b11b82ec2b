-- Keeps events that were not stored: 'held' ones may be re-processed as they are, of 'rejected' ones the sender was told.
create or replace function quarantine_add(
    p_state text,
    p_id uuid[],
    p_received_at timestamptz[],
    p_source int2[],
    p_key_id text[],
    p_message_id text[],
    p_type text[],
    p_name text[],
    p_code text[],
    p_message text[],
    p_path text[],
    p_original bytea[]
) returns integer
language sql volatile
as $$
    with added as (
        insert into quarantine (
            id, received_at, source, key_id, message_id, type, name, code, message, state, path, original)
        select id, received_at, source, key_id, message_id, type, name, code, message, p_state, path, original
        from unnest(
            p_id, p_received_at, p_source, p_key_id, p_message_id, p_type, p_name, p_code, p_message, p_path, p_original)
            as e (id, received_at, source, key_id, message_id, type, name, code, message, path, original)
        on conflict (id) do nothing
        returning 1
    )
    select count(*)::integer from added
$$;

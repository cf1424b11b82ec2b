-- An event as the API shows it, ids without prefixes; consent_enforced only where something was left out (see enforced_payload).
create or replace function event_json(
    p_event_id uuid, p_message_id text, p_type text, p_name text, p_ts timestamptz, p_received_at timestamptz, p_source text,
    p_session text, p_account_id uuid, p_payload jsonb
) returns jsonb
language sql stable parallel safe
as $$
    select jsonb_build_object(
        'id', p_event_id, 'message_id', p_message_id, 'type', p_type, 'event', p_name, 'ts', iso_time(p_ts),
        'received_at', iso_time(p_received_at), 'source', p_source, 'session_id', p_session, 'account_id', p_account_id,
        'properties', coalesce(p_payload -> 'properties', '{}'), 'context', coalesce(p_payload -> 'context', '{}')
    ) || case
        when p_payload ? 'consent_enforced' then jsonb_build_object('consent_enforced', p_payload -> 'consent_enforced')
        else '{}'
    end
$$;

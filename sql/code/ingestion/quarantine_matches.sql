-- Whether an event of the quarantine is one that p_filter means. Its keys, all of which may be missing: id, state, code, source
-- (its name), type, name, key, after (received then or later), before (received earlier).
create or replace function quarantine_matches(
    p_filter jsonb, p_id uuid, p_state text, p_code text, p_source text, p_type text, p_name text, p_key text,
    p_received_at timestamptz
) returns boolean
language sql stable
as $$
    select (p_filter ->> 'id' is null or p_id = (p_filter ->> 'id')::uuid)
       and (p_filter ->> 'state' is null or p_state = p_filter ->> 'state')
       and (p_filter ->> 'code' is null or p_code = p_filter ->> 'code')
       and (p_filter ->> 'source' is null or coalesce(p_source = p_filter ->> 'source', false))
       and (p_filter ->> 'type' is null or coalesce(p_type = p_filter ->> 'type', false))
       and (p_filter ->> 'name' is null or coalesce(p_name = p_filter ->> 'name', false))
       and (p_filter ->> 'key' is null or coalesce(p_key = p_filter ->> 'key', false))
       and (p_filter ->> 'after' is null or p_received_at >= (p_filter ->> 'after')::timestamptz)
       and (p_filter ->> 'before' is null or p_received_at < (p_filter ->> 'before')::timestamptz)
$$;

-- Whether an event of the quarantine is one that p_filter means. Its keys, all of which may be missing: id, state, code, type,
-- name, key, after (received then or later), before (received earlier); its source is given as p_sources (quarantine_sources).
-- Call it from EXECUTE: with a constant filter it falls apart into conditions that an index serves.
create or replace function quarantine_matches(
    p_filter jsonb, p_sources int2[], p_id uuid, p_state text, p_code text, p_source int2, p_type text, p_name text,
    p_key text, p_received_at timestamptz
) returns boolean
language sql stable
as $$
    select (p_filter ->> 'id' is null or p_id = (p_filter ->> 'id')::uuid)
       and (p_filter ->> 'state' is null or p_state = p_filter ->> 'state')
       and (p_filter ->> 'code' is null or p_code = p_filter ->> 'code')
       and (p_sources is null or p_source = any (p_sources))
       and (p_filter ->> 'type' is null or p_type = p_filter ->> 'type')
       and (p_filter ->> 'name' is null or p_name = p_filter ->> 'name')
       and (p_filter ->> 'key' is null or p_key = p_filter ->> 'key')
       and p_received_at >= coalesce((p_filter ->> 'after')::timestamptz, '-infinity')
       and p_received_at < coalesce((p_filter ->> 'before')::timestamptz, 'infinity')
$$;

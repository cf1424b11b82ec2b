-- Whether a stored event is one that a replay's filter means (its keys, all of which may be missing: type, name; its source is
-- given as p_sources, see quarantine_sources). The filter's times are the caller's, since they choose partitions.
create or replace function replay_wants(p_filter jsonb, p_sources int2[], p_source int2, p_type text, p_name text)
returns boolean
language sql immutable
as $$
    select (p_sources is null or p_source = any (p_sources))
       and (p_filter ->> 'type' is null or p_type = p_filter ->> 'type')
       and (p_filter ->> 'name' is null or p_name = p_filter ->> 'name')
$$;

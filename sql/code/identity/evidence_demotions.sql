-- For simulations of rules: what rules kept from joining, each pair of a home node and an identifier once, with the first event
-- that brought both. Reads the events that were received while there were demotions.
create or replace function evidence_demotions(p_limit int4)
returns table (
    node bigint, type text, value text, at timestamptz, event_id uuid, received_at timestamptz, seq bigint
)
language sql stable
as $$
    select distinct on (l.node, d.type, d.value) l.node, d.type, d.value, l.ts, l.event_id, l.received_at, l.seq
    from demotion d
    join event_log l on l.event_id = d.event_id
    where l.received_at >= (select min(x.created_at) - interval '1 day' from demotion x) and l.node <> 0
    order by l.node, d.type, d.value, l.received_at, l.seq
    limit p_limit
$$;

-- For simulations of rules: the values that stored events have under keys which the rules in force do not read as identifiers.
-- p_types, p_keys: pairs of a type and a key that feeds it. Each pair of a node and a value once, with the first event that brought
-- both. Reads all events.
create or replace function evidence_traits(p_types text[], p_keys text[], p_limit int4)
returns table (
    node bigint, type text, value text, at timestamptz, event_id uuid, received_at timestamptz, seq bigint
)
language sql stable
as $$
    select distinct on (f.node, f.type, f.value) f.node, f.type, f.value, f.ts, f.event_id, f.received_at, f.seq
    from (
        select l.node, k.type, v.place ->> k.key as value, l.ts, l.event_id, l.received_at, l.seq, v.place -> k.key as raw
        from event_log l
        cross join unnest(p_types, p_keys) k(type, key)
        left join lateral (
            select t.delta from trait_record t
            where l.type = 'identify' and t.node = l.node and t.ts = l.ts and t.message_id = l.message_id
            limit 1
        ) d on true
        cross join lateral (
            values (d.delta), (l.payload -> 'properties'), (l.payload #> '{context,traits}')
        ) v(place)
        where l.node <> 0 and v.place ? k.key
    ) f
    where jsonb_typeof(f.raw) in ('string', 'number') and octet_length(f.value) between 1 and 512
    order by f.node, f.type, f.value, f.received_at, f.seq
    limit p_limit
$$;

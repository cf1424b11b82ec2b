-- The traits that these nodes had at p_at as one profile: per key the value that comes first by trait_place among what had been received.
create or replace function traits_at(p_nodes bigint[], p_at timestamptz) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_object_agg(f.key, f.value) filter (where f.value <> 'null'), '{}')
    from (
        select distinct on (k.key) k.key, k.value
        from trait_record t
        cross join lateral jsonb_each(t.delta) k
        where t.node = any (p_nodes) and recorded_at(t.node, t.ts, null, t.message_id, t.ts) <= p_at
        order by
            k.key,
            trait_place((extract(epoch from t.ts) * 1000000)::bigint, t.message_id, t.source) collate "C" desc, t.seq desc
    ) f
$$;

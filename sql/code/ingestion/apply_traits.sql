-- Stores what the identify calls of a batch sent (p_home: their nodes, 0 or less: none) and folds it into the nodes' traits: per
-- key the value with the greatest (time, message id) stays, null being a value like any other. p_nodes: the nodes concerned.
create or replace function apply_traits(
    p_nodes bigint[], p_home bigint[], p_message_id text[], p_type text[], p_ts timestamptz[], p_source int2[], p_traits jsonb[]
) returns void
language plpgsql
as $$
begin
    perform from (select n.id from node n where n.id = any (p_nodes) order by n.id for no key update) n;

    with sent as materialized (
        select u.node, u.ts, u.message_id, u.source, u.traits, (extract(epoch from u.ts) * 1000000)::bigint as us
        from unnest(p_home, p_message_id, p_type, p_ts, p_source, p_traits) with ordinality
            u(node, message_id, type, ts, source, traits, pos)
        where u.node > 0 and u.type = 'identify' and u.traits is not null and u.traits <> '{}'
        order by u.pos
    ), recorded as (
        insert into trait_record (node, ts, message_id, source, delta)
        select s.node, s.ts, s.message_id, s.source, s.traits from sent s
    ), newest as (
        select distinct on (s.node, t.key)
            s.node, t.key, t.value, jsonb_build_array(s.us, s.message_id, s.source) as stamp, s.us, s.message_id, s.source
        from sent s
        cross join lateral jsonb_each(s.traits) t
        order by s.node, t.key, s.us desc, s.message_id collate "C" desc
    ), folded as (
        select
            w.node,
            coalesce(jsonb_object_agg(w.key, w.value) filter (where w.value <> 'null'), '{}') as present,
            coalesce(array_agg(w.key) filter (where w.value = 'null'), '{}') as absent,
            jsonb_object_agg(w.key, w.stamp) as stamps
        from newest w
        join node n on n.id = w.node
        where not n.trait_ts ? w.key or trait_order(n.trait_ts -> w.key) collate "C" < trait_order(w.stamp)
        group by w.node
    )
    update node n
    set traits = (n.traits - f.absent) || f.present, trait_ts = n.trait_ts || f.stamps
    from folded f
    where n.id = f.node;
end
$$;

-- Stores what the identify calls of a batch sent (p_home: their nodes, 0 or less: none) and folds it into the nodes' traits: per
-- key the value with the greatest (time, message id) stays, null being a value like any other. Locks all nodes whose rows or
-- memberships the batch writes, in order. p_records: false if it is stored already and only folded once more.
create or replace function apply_traits(
    p_plans anyelement, p_home bigint[], p_message_id text[], p_type text[], p_ts timestamptz[], p_source int2[], p_traits jsonb[],
    p_records boolean default true
) returns void
language plpgsql
as $$
begin
    perform from (
        select n.id
        from node n
        where n.id = any (array(
            select u.node
            from unnest(p_home, p_type, p_traits) u(node, type, traits)
            where u.node > 0 and (u.type = 'group' or u.type = 'identify' and u.traits is not null and u.traits <> '{}')
        ))
        order by n.id
        for no key update
    ) n;

    with sent as materialized (
        select
            u.node, u.ts, u.message_id, u.source, u.traits, s.at, jsonb_build_array(s.at, u.message_id, u.source) as stamp,
            trait_place(s.at, u.message_id, u.source) as place
        from unnest(p_home, p_message_id, p_type, p_ts, p_source, p_traits) u(node, message_id, type, ts, source, traits)
        cross join lateral (select (extract(epoch from u.ts) * 1000000)::bigint as at offset 0) s
        where u.node > 0 and u.type = 'identify' and u.traits is not null and u.traits <> '{}'
    ), recorded as (
        insert into trait_record (node, ts, message_id, source, delta)
        select s.node, s.ts, s.message_id, s.source, s.traits from sent s where p_records
    ), newer as (
        select k.node, k.key, k.value, k.stamp
        from (
            select s.*, t.key, t.value, n.trait_ts -> t.key as held
            from sent s
            cross join lateral (select o.trait_ts from node o where o.id = s.node offset 0) n
            cross join lateral jsonb_each(s.traits) t
            offset 0
        ) k
        -- Most often the times decide.
        where k.held is null or case
            when (k.held ->> 0)::bigint < k.at and k.held ->> 2 <> '0' then true
            else trait_order(k.held) collate "C" < k.place
        end
        -- Of a key that comes twice the aggregate keeps the last.
        order by k.node, k.place collate "C"
    ), folded as (
        select w.node, jsonb_object_agg(w.key, w.value) as said, jsonb_object_agg(w.key, w.stamp) as stamps
        from newer w
        group by w.node
    )
    update node n
    set
        traits = case
            when f.said @? '$.* ? (@ == null)' then
                (n.traits || f.said) - array(select k.key from jsonb_each(f.said) k where k.value = 'null')
            else n.traits || f.said
        end,
        trait_ts = n.trait_ts || f.stamps
    from folded f
    where n.id = f.node;
end
$$;

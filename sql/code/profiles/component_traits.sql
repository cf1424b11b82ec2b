-- The traits of a component: per key the value that comes first by trait_order; null values are left out.
create or replace function component_traits(p_label bigint)
returns table (trait text, value jsonb, ts timestamptz, message_id text, source int2)
language sql stable
as $$
    select f.trait, f.value, 'epoch'::timestamptz + (f.stamp ->> 0)::bigint * interval '1 microsecond', f.stamp ->> 1,
        (f.stamp ->> 2)::int2
    from (
        select distinct on (t.key) t.key as trait, n.traits -> t.key as value, t.value as stamp
        from node n
        cross join lateral jsonb_each(n.trait_ts) t
        where n.component = p_label
        order by t.key, trait_order(t.value) collate "C" desc
    ) f
    where f.value is not null
$$;

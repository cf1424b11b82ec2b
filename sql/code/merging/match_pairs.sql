-- Pairs of an object's records that have a key in common, with the rules of these keys and how much they are one in each comparison (null:
-- a value is missing). Only keys of one of p_slices slices; a key of more than p_limit records pairs nobody: for these, a row a
-- rule without a and b says how many keys and how many records.
create or replace function match_pairs(
    p_object text, p_options jsonb, p_slice int4, p_slices int4, p_limit int4
) returns table (a uuid, b uuid, rules text[], levels int2[], skipped_keys int8, skipped_records int8)
language sql stable
set jit to off
set enable_nestloop to off
as $$
    with feature as materialized (
        select f.id, f.vals, f.keys from match_features(p_object, p_options) f
    ), key as (
        select f.id, k.key, count(*) over (partition by k.key) as size
        from feature f
        cross join lateral (
            select distinct k as key from unnest(f.keys) k where p_slices = 1 or abs(hashtext(k)::int8) % p_slices = p_slice
        ) k
    ), shared as materialized (
        select k.id, k.key, k.size from key k where k.size > 1
    ), pair as (
        select x.id as a, y.id as b, array_agg(distinct split_part(x.key, E'\t', 1)) as rules
        from shared x
        join shared y on y.key = x.key and y.id > x.id
        where x.size <= p_limit
        group by x.id, y.id
    ), compared as (
        select array_agg(c.kind order by c.place) as kinds, array_agg(c.other order by c.place) as others
        from match_comparisons(p_object, p_options) c
    )
    select p.a, p.b, p.rules, l.levels, null::int8, null::int8
    from pair p
    join feature x on x.id = p.a
    join feature y on y.id = p.b
    cross join compared c
    cross join lateral (
        select array_agg(compare_values(v.kind, v.a, v.b, x.vals[v.other], y.vals[v.other]) order by v.n) as levels
        from unnest(c.kinds, c.others, x.vals, y.vals) with ordinality v (kind, other, a, b, n)
        offset 0
    ) l
    union all
    select null, null, array[split_part(s.key, E'\t', 1)], null, count(distinct s.key), count(*)
    from shared s
    where s.size > p_limit
    group by split_part(s.key, E'\t', 1)
$$;

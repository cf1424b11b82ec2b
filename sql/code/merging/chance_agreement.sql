-- How often two records of an object that are not one agree, as {comparison, level, share} by the share of pairs drawn by chance, and of
-- the highest level exactly: by how often each value comes. p_levels: of match_comparisons; p_sample: how many records are drawn.
create or replace function chance_agreement(
    p_object text, p_options jsonb, p_sample int4
) returns table (place int4, level int4, share float8)
language sql stable
set jit to off
set enable_nestloop to off
as $$
    with feature as materialized (
        select f.id, f.vals from match_features(p_object, p_options) f
    ), drawn as materialized (
        select f.id, f.vals, row_number() over (order by hashtext(f.id::text), f.id) as n
        from feature f
        order by hashtext(f.id::text), f.id
        limit p_sample
    ), size as (
        select count(*) as records from drawn
    ), seen as (
        select c.place, compare_values(c.kind, x.vals[c.place], y.vals[c.place], x.vals[c.other], y.vals[c.other]) as level
        from drawn x
        cross join size s
        cross join generate_series(1, least(20, (s.records - 1) / 2)) d
        join drawn y on y.n = (x.n + d - 1) % s.records + 1
        cross join match_comparisons(p_object, p_options) c
    ), counted as (
        select s.place, s.level::int4 as level, count(*)::float8 as pairs
        from seen s
        where s.level is not null
        group by s.place, s.level
    ), holders as (
        select v.place, count(*)::float8 as n
        from feature f
        cross join lateral unnest(f.vals) with ordinality v (value, place)
        where v.value is not null
        group by v.place, v.value
    ), same as (
        select h.place, sum(h.n * (h.n - 1)) / nullif(sum(h.n) * (sum(h.n) - 1), 0) as share from holders h group by h.place
    )
    select c.place, l.level,
        case when l.level = 3 and c.kind <> 'street' then coalesce(s.share, 0)
            else coalesce(n.pairs, 0) / nullif(sum(n.pairs) over (partition by c.place), 0)
        end
    from match_comparisons(p_object, p_options) c
    cross join generate_series(0, 3) l (level)
    left join counted n on n.place = c.place and n.level = l.level
    left join same s on s.place = c.place
$$;

-- Expectation and maximisation over the pairs of one rule: p_patterns (a digit a comparison, - what does not count) with p_counts, m to begin
-- with and u as they are (four levels a comparison). Answers how many of the pairs are one, and of these how many show each level.
create or replace function match_session(
    p_patterns text[], p_counts int8[], p_m float8[], p_u float8[], out matches float8, out sums float8[]
)
language plpgsql immutable
set jit to off
as $$
declare
    c_rounds constant int4 := 40;
    v_pattern int4[];
    v_index int4[];
    v_count float8[];
    v_m float8[] := p_m;
    v_weights float8[];
    v_pairs float8 := (select sum(c) from unnest(p_counts) c);
    v_share float8 := 0.5;
    v_before float8;
begin
    -- A row a pattern and comparison that counts; index 0 is the pattern itself.
    select array_agg(x.n order by x.n, x.i), array_agg(x.i order by x.n, x.i), array_agg(x.count order by x.n, x.i)
    into v_pattern, v_index, v_count
    from (
        select p.n::int4 as n, 0 as i, p.count::float8 as count
        from unnest(p_patterns, p_counts) with ordinality p (pattern, count, n)
        union all
        select p.n::int4, (l.place - 1)::int4 * 4 + l.level::int4 + 1, p.count::float8
        from unnest(p_patterns, p_counts) with ordinality p (pattern, count, n)
        cross join lateral regexp_split_to_table(p.pattern, '') with ordinality l (level, place)
        where l.level <> '-'
    ) x;
    for round in 1 .. c_rounds loop
        v_weights := array(select ln(greatest(m, 1e-9) / u) from unnest(v_m, p_u) with ordinality x (m, u, n) order by n);
        v_before := v_share;
        select array_agg(coalesce(t.n, 0) order by i) filter (where i > 0), max(t.n) filter (where i = 0)
        into sums, matches
        from generate_series(0, cardinality(p_m)) i
        left join (
            select e.i, sum(e.count / (1 + exp(-greatest(-300, least(300, ln(v_share / (1 - v_share)) + e.weight))))) as n
            from (
                select x.i, x.count, sum(case when x.i > 0 then v_weights[x.i] else 0 end) over (partition by x.n) as weight
                from unnest(v_pattern, v_index, v_count) x (n, i, count)
            ) e
            group by e.i
        ) t using (i);
        v_share := greatest(1e-6, least(1 - 1e-6, matches / v_pairs));
        select array_agg((p_m[i] + sums[i]) / (1 + s.seen) order by i) into v_m
        from generate_series(1, cardinality(p_m)) i
        cross join lateral (
            select sums[(i - 1) / 4 * 4 + 1] + sums[(i - 1) / 4 * 4 + 2] + sums[(i - 1) / 4 * 4 + 3] + sums[(i - 1) / 4 * 4 + 4] as seen
        ) s;
        exit when abs(v_share - v_before) < 1e-5 and round > 5;
    end loop;
end
$$;

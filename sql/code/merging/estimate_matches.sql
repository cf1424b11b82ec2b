-- What agreement in each comparison is worth for an object's records, without anybody having said which of them are one (Fellegi and Sunter's
-- model; the shares by expectation and maximisation). u, how often others agree, is counted (chance_agreement). m, how often those
-- that are one do, comes from the pairs of each rule's keys, by all comparisons but those that the rule itself means to be alike; rules are
-- weighed by the matches that they see. What was known before counts as 5 matches, so that a level that nobody has seen is not impossible.
-- Too little to tell, fewer than 50 records or 20 matches, or such that agree in less than half: the fixed m of match_comparisons stays, and
-- "estimated" is false; what was known of u before counts as 50 records. Keeps it in match_model. p_slice, p_slices: which keys it is estimated by.
create or replace function estimate_matches(
    p_object text, p_options jsonb, p_slice int4, p_slices int4, p_limit int4
) returns void
language plpgsql
set jit to off
as $$
declare
    c_sample constant int4 := 1500;
    c_records constant int4 := 50;
    c_matches constant float8 := 20;
    v_records int8 := count_records(p_object);
    v_u float8[];
    v_m float8[];
    v_fixed float8[];
    v_seen boolean[];
    v_sums float8[];
    v_best float8 := 0;
    v_total float8 := 0;
    v_pairs int8 := 0;
    v_rule record;
    v_found record;
    v_prior float8 := least(0.001, 0.1 / greatest(v_records - 1, 1));
begin
    select array_agg(x.m order by c.place, l), array_agg(x.u order by c.place, l)
    into v_fixed, v_u
    from match_comparisons(p_object, p_options) c
    cross join generate_series(1, 4) l
    cross join lateral (select c.m[l] as m, c.u[l] as u) x;
    v_m := v_fixed;
    if v_records >= c_records then
        select array_agg(
            case when a.share is null then f.u else greatest((a.share * v_records + f.u * c_records) / (v_records + c_records), 1e-7) end
            order by a.place, a.level
        ) into v_u
        from chance_agreement(p_object, p_options, c_sample) a
        cross join lateral (select v_u[(a.place - 1) * 4 + a.level + 1] as u) f;
        v_sums := array_fill(0::float8, array[cardinality(v_m)]);
        for v_rule in
            select p.rule, array_agg(p.pattern) as patterns, array_agg(p.n) as counts, sum(p.n)::int8 as pairs
            from (
                select r.rule, k.pattern, count(*) as n
                from match_pairs(p_object, p_options, p_slice, p_slices, p_limit) p
                cross join lateral unnest(p.rules) r (rule)
                cross join lateral (
                    select string_agg(case when r.rule = any (c.rules) then '-' else coalesce(p.levels[c.place]::text, '-') end, '' order by c.place)
                        as pattern
                    from match_comparisons(p_object, p_options) c
                    offset 0
                ) k
                where p.a is not null
                group by r.rule, k.pattern
            ) p
            group by p.rule
        loop
            v_found := match_session(v_rule.patterns, v_rule.counts, v_fixed, v_u);
            v_pairs := v_pairs + v_rule.pairs;
            if v_found.matches > 0 then
                v_best := greatest(v_best, v_found.matches * p_slices);
                v_sums := array(select s + f from unnest(v_sums, v_found.sums) with ordinality x (s, f, n) order by n);
            end if;
        end loop;
        -- What agrees in less than half of all that is known of it is no match: then it was something else that EM told apart.
        v_total := case when (
            select avg((v_sums[c * 4 - 1] + v_sums[c * 4]) / s.seen)
            from generate_series(1, cardinality(v_sums) / 4) c
            cross join lateral (select v_sums[c * 4 - 3] + v_sums[c * 4 - 2] + v_sums[c * 4 - 1] + v_sums[c * 4] as seen) s
            where s.seen >= c_matches
        ) >= 0.5 then v_best else 0 end;
    end if;
    if v_total >= c_matches then
        -- Of each comparison what it was seen, beside what was known before.
        select array_agg((5 * v_fixed[i] + v_sums[i]) / (5 + s.seen) order by i) into v_m
        from generate_series(1, cardinality(v_m)) i
        cross join lateral (
            select v_sums[(i - 1) / 4 * 4 + 1] + v_sums[(i - 1) / 4 * 4 + 2] + v_sums[(i - 1) / 4 * 4 + 3] + v_sums[(i - 1) / 4 * 4 + 4] as seen
        ) s;
        v_prior := least(0.5, v_total / (v_records * (v_records - 1) / 2.0));
    end if;
    insert into match_model as o (object, estimated, records, pairs, matches, prior, comparisons, estimated_at)
    select p_object, v_total >= c_matches, v_records, v_pairs, round(v_total), v_prior, jsonb_agg(
        jsonb_build_object(
            'name', c.name, 'kind', c.kind,
            'm', (select jsonb_agg(round(v_m[i]::numeric, 6) order by i) from generate_series(c.place * 4 - 3, c.place * 4) i),
            'u', (select jsonb_agg(round(v_u[i]::numeric, 9) order by i) from generate_series(c.place * 4 - 3, c.place * 4) i),
            'weights', (
                select jsonb_agg(round(case i % 4
                    when 0 then greatest(0, log(2, (v_m[i] / v_u[i])::numeric))
                    when 1 then least(0, log(2, (v_m[i] / v_u[i])::numeric))
                    else log(2, (v_m[i] / v_u[i])::numeric)
                end, 2) order by i)
                from generate_series(c.place * 4 - 3, c.place * 4) i
            )
        ) order by c.place
    ), now()
    from match_comparisons(p_object, p_options) c
    on conflict (object) do update
    set estimated = excluded.estimated, records = excluded.records, pairs = excluded.pairs, matches = excluded.matches,
        prior = excluded.prior, comparisons = excluded.comparisons, estimated_at = excluded.estimated_at;
end
$$;

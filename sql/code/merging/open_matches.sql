-- Compares the records of one slice of keys by match_model, and opens a suggestion for each pair that is one with a likelihood of at least
-- 90 %; pairs that are open for another reason learn their score. Answers {"found", "compared", "skipped": {rule: {"keys", "records"}}}.
create or replace function open_matches(
    p_object text, p_options jsonb, p_slice int4, p_slices int4, p_limit int4
) returns jsonb
language plpgsql
set jit to off
as $$
declare
    c_threshold constant float8 := 0.9;
    v_model record;
    c_words constant text[] := array['different', 'alike', 'near', 'same'];
    v_names text[];
    v_weights float8[];
    v_result jsonb;
begin
    select m.estimated, ln(m.prior / (1 - m.prior)) / ln(2) as prior, m.comparisons into v_model from match_model m where m.object = p_object;
    v_weights := array(
        select w.weight::float8
        from jsonb_array_elements(v_model.comparisons) with ordinality c (comparison, place)
        cross join lateral jsonb_array_elements_text(c.comparison -> 'weights') with ordinality w (weight, level)
        order by c.place, w.level
    );
    v_names := array(select c ->> 'name' from jsonb_array_elements(v_model.comparisons) with ordinality x (c, n) order by n);
    with pair as materialized (
        select p.a, p.b, p.levels, p.rules, p.skipped_keys, p.skipped_records, v_model.prior + s.weight as weight
        from match_pairs(p_object, p_options, p_slice, p_slices, p_limit) p
        cross join lateral (
            select coalesce(sum(v_weights[(l.place - 1) * 4 + l.level + 1]), 0) as weight
            from unnest(p.levels) with ordinality l (level, place)
            offset 0
        ) s
    ), scored as (
        select p.a, p.b, p.levels, p.weight, 1 / (1 + power(2, -greatest(-300, least(300, p.weight)))) as score
        from pair p
        where p.a is not null
    ), kept as (
        insert into duplicate_suggestion as d (id, object, a, b, other_object, reasons, created_at, score, explanation)
        select uuidv7(), p_object, s.a, s.b, p_object, '{likeness}', now(), s.score,
            jsonb_build_object(
                'estimated', v_model.estimated, 'prior', round(v_model.prior::numeric, 2), 'weight', round(s.weight::numeric, 2),
                'comparisons', (
                    select jsonb_agg(jsonb_build_object(
                        'name', v_names[l.place], 'agreement', coalesce(c_words[l.level + 1], 'missing'),
                        'weight', coalesce(v_weights[(l.place - 1) * 4 + l.level + 1], 0)
                    ) order by l.place)
                    from unnest(s.levels) with ordinality l (level, place)
                )
            )
        from scored s
        where s.score >= c_threshold or exists (select from duplicate_suggestion o where o.a = s.a and o.b = s.b)
        order by s.a, s.b
        on conflict (a, b) do update
        set score = excluded.score, explanation = excluded.explanation
        where d.state = 'open'
        returning d.xmax = 0 as is_new
    )
    select jsonb_build_object(
        'found', (select count(*) from kept k where k.is_new),
        'compared', (select count(*) from pair p where p.a is not null),
        'skipped', coalesce((
            select jsonb_object_agg(p.rules[1], jsonb_build_object('keys', p.skipped_keys, 'records', p.skipped_records))
            from pair p
            where p.a is null
        ), '{}')
    ) into v_result;
    return v_result;
end
$$;

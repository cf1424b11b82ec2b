-- What the score of a pair came of, by match_model: each comparison's word and weight in bits. Words and numbers, never a value.
create or replace function explain_match(p_object text, p_levels int2[], p_weight float8) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'estimated', m.estimated, 'prior', round((ln(m.prior / (1 - m.prior)) / ln(2))::numeric, 2), 'weight', round(p_weight::numeric, 2),
        'comparisons', (
            select jsonb_agg(jsonb_build_object(
                'name', m.comparisons -> (l.place::int4 - 1) -> 'name',
                'agreement', case l.level when 0 then 'different' when 1 then 'alike' when 2 then 'near' when 3 then 'same' else 'missing' end,
                'weight', coalesce((m.comparisons -> (l.place::int4 - 1) -> 'weights' ->> l.level::int4)::numeric, 0)
            ) order by l.place)
            from unnest(p_levels) with ordinality l (level, place)
        )
    )
    from match_model m
    where m.object = p_object
$$;

-- The pairs of match_pairs with what they come to by match_model: in bits, and as a likelihood. weight is null where keys were skipped.
create or replace function scored_matches(
    p_object text, p_options jsonb, p_slice int4, p_slices int4, p_limit int4
) returns table (
    a uuid, b uuid, rules text[], levels int2[], skipped_keys int8, skipped_records int8, weight float8, score float8
)
language plpgsql stable
set jit to off
as $$
declare
    v_prior float8;
    v_comparisons jsonb;
    v_weights float8[];
begin
    select ln(m.prior / (1 - m.prior)) / ln(2), m.comparisons into v_prior, v_comparisons from match_model m where m.object = p_object;
    v_weights := array(
        select w.weight::float8
        from jsonb_array_elements(v_comparisons) with ordinality c (comparison, place)
        cross join lateral jsonb_array_elements_text(c.comparison -> 'weights') with ordinality w (weight, level)
        order by c.place, w.level
    );
    return query
    select p.a, p.b, p.rules, p.levels, p.skipped_keys, p.skipped_records, s.weight,
        1 / (1 + power(2, -greatest(-300::float8, least(300::float8, s.weight))))
    from match_pairs(p_object, p_options, p_slice, p_slices, p_limit) p
    cross join lateral (
        select case when p.a is not null then v_prior + coalesce(sum(v_weights[(l.place - 1) * 4 + l.level + 1]), 0) end as weight
        from unnest(p.levels) with ordinality l (level, place)
        offset 0
    ) s;
end
$$;

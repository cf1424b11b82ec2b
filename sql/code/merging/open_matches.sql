-- Compares the records of one slice of keys by match_model, and opens a suggestion for each pair that is one with a likelihood of at least
-- 90 %; pairs that are open for another reason learn their score. Answers {"found", "compared", "skipped": {rule: {"keys", "records"}}}.
create or replace function open_matches(
    p_object text, p_options jsonb, p_slice int4, p_slices int4, p_limit int4
) returns jsonb
language sql
set jit to off
as $$
    with pair as materialized (
        select p.* from scored_matches(p_object, p_options, p_slice, p_slices, p_limit) p
    ), kept as (
        insert into duplicate_suggestion as d (id, object, a, b, other_object, reasons, created_at, score, explanation)
        select uuidv7(), p_object, s.a, s.b, p_object, '{likeness}', now(), s.score, explain_match(p_object, s.levels, s.weight)
        from pair s
        where s.a is not null
          and (s.score >= 0.9 or exists (select from duplicate_suggestion o where o.a = s.a and o.b = s.b))
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
    )
$$;

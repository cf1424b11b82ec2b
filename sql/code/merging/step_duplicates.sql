-- The next step of the search that is under way: signs, then of each object its weights and its pairs, a slice of the keys a step, so that
-- no step sorts more than memory and disk hold for some 200,000 records' keys. A step is done or not done: whoever calls again goes on. Answers
-- {"finished", "found", "compared", "skipped": {object: {rule: {"keys", "records"}}}, "weights": {object: "estimated" | "fixed"}};
-- null where no search was ever begun, or (p_wait false) somebody else is at it.
create or replace function step_duplicates(p_free_mail text[], p_wait boolean) returns jsonb
language plpgsql
as $$
declare
    c_slice constant int8 := 200000;
    c_block constant int4 := 100;
    v_search record;
    v_step jsonb;
    v_left jsonb;
    v_object text;
    v_slices int4;
    v_done jsonb := '{}';
    v_rule record;
begin
    if to_regclass('duplicate_search') is null then
        return null;
    end if;
    if p_wait then
        select s.* into v_search from duplicate_search s for update;
    else
        select s.* into v_search from duplicate_search s where s.finished_at is null for update skip locked;
    end if;
    if v_search.id is null then
        return null;
    end if;
    v_step := v_search.remaining -> 0;
    v_left := v_search.remaining - 0;
    v_object := v_step ->> 'object';
    case v_step ->> 'step'
        when 'signs' then
            v_done := jsonb_build_object('found', duplicate_signs(
                p_free_mail, array(select jsonb_array_elements_text(v_step -> 'objects'))
            ));
        when 'weights' then
            v_slices := ceil(count_records(v_object) / c_slice::numeric);
            perform estimate_matches(v_object, match_options(v_object, p_free_mail), 0, greatest(v_slices, 1), c_block);
            v_left := coalesce((
                select jsonb_agg(jsonb_build_object('step', 'pairs', 'object', v_object, 'slice', i, 'slices', v_slices) order by i)
                from generate_series(0, v_slices - 1) i
            ), '[]') || v_left;
        when 'pairs' then
            v_done := case v_object
                when 'profile' then open_profile_matches(
                    v_object, match_options(v_object, p_free_mail), (v_step ->> 'slice')::int4, (v_step ->> 'slices')::int4, c_block
                )
                else open_matches(
                    v_object, match_options(v_object, p_free_mail), (v_step ->> 'slice')::int4, (v_step ->> 'slices')::int4, c_block
                )
            end;
        else
            null;
    end case;
    for v_rule in select r.key as rule, r.value from jsonb_each(coalesce(v_done -> 'skipped', '{}')) r loop
        v_search.skipped := v_search.skipped || jsonb_build_object(v_object, coalesce(v_search.skipped -> v_object, '{}') || jsonb_build_object(
            v_rule.rule, jsonb_build_object(
                'keys', coalesce((v_search.skipped #>> array[v_object, v_rule.rule, 'keys'])::int8, 0) + (v_rule.value ->> 'keys')::int8,
                'records', coalesce((v_search.skipped #>> array[v_object, v_rule.rule, 'records'])::int8, 0) + (v_rule.value ->> 'records')::int8
            )
        ));
    end loop;
    update duplicate_search s
    set remaining = v_left, skipped = v_search.skipped, found = s.found + coalesce((v_done ->> 'found')::int8, 0),
        compared = s.compared + coalesce((v_done ->> 'compared')::int8, 0),
        finished_at = case when v_left = '[]' then coalesce(s.finished_at, now()) end
    where s.id = v_search.id;
    return duplicate_progress();
end
$$;

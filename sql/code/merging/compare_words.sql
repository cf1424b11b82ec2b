-- How much two folded texts are one: 3 the same, 2 but for a slip of the pen, 1 they are alike or sound so, or one is the other's initial, 0.
create or replace function compare_words(p_a text, p_b text) returns int2
language plpgsql immutable parallel safe
as $$
declare
    v_least int4 := least(length(p_a), length(p_b));
begin
    return case
        when p_a is null or p_b is null then null
        when p_a = p_b then 3
        when tandem_text.levenshtein_less_equal(left(p_a, 200), left(p_b, 200), 2)
            <= case when v_least >= 6 then 2 when v_least >= 3 then 1 else 0 end then 2
        when v_least = 1 and left(p_a, 1) = left(p_b, 1) then 1
        when word_sound(p_a) = word_sound(p_b) then 1
        when tandem_text.similarity(p_a, p_b) >= 0.4 then 1
        else 0
    end;
end
$$;

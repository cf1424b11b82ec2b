-- How much two codes (a number, a date as YYYY-MM-DD) are one: 3 the same, 2 but for one character, for two neighbours that are swapped, or
-- for day and month, 0.
create or replace function compare_codes(p_a text, p_b text) returns int2
language plpgsql immutable parallel safe
as $$
declare
    v_edits int4;
begin
    if p_a is null or p_b is null then
        return null;
    elsif p_a = p_b then
        return 3;
    end if;
    v_edits := tandem_text.levenshtein_less_equal(left(p_a, 200), left(p_b, 200), 4);
    if v_edits <= 1 then
        return 2;
    elsif v_edits <= 4 and p_a ~ '^\d{4}-\d\d-\d\d$' and p_b = left(p_a, 5) || right(p_a, 2) || substr(p_a, 5, 3) then
        return 2;
    elsif v_edits = 2 and length(p_a) = length(p_b) then
        for i in 1 .. least(length(p_a), 200) - 1 loop
            if substr(p_a, i, 1) <> substr(p_b, i, 1) then
                return case
                    when substr(p_b, i) = substr(p_a, i + 1, 1) || substr(p_a, i, 1) || substr(p_a, i + 2) then 2 else 0
                end;
            end if;
        end loop;
    end if;
    return 0;
end
$$;

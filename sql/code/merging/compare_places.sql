-- How much two places, each as postal code, tab, city, are one: 3 both, 2 one of them (the other differs by a slip, or is missing), 1
-- one of them alone, 0.
create or replace function compare_places(p_a text, p_b text) returns int2
language plpgsql immutable parallel safe
as $$
declare
    v_code int2;
    v_city int2;
begin
    if p_a is null or p_b is null then
        return null;
    elsif p_a = p_b then
        return 3;
    end if;
    v_code := compare_codes(nullif(split_part(p_a, E'\t', 1), ''), nullif(split_part(p_b, E'\t', 1), ''));
    v_city := compare_words(nullif(split_part(p_a, E'\t', 2), ''), nullif(split_part(p_b, E'\t', 2), ''));
    return case
        when v_code >= 2 and coalesce(v_city, 3) >= 2 or v_city >= 2 and v_code is null then 2
        when v_code = 3 or v_city >= 2 then 1
        when v_code is null and v_city is null then null
        else 0
    end;
end
$$;

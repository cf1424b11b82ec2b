-- How much two streets, each as number, tab, words, are one: 3 number and words, 2 words alike (or number and words a little), 1 the
-- number alone or words a little, 0.
create or replace function compare_streets(p_a text, p_b text) returns int2
language plpgsql immutable parallel safe
as $$
declare
    v_likeness real;
    v_number boolean;
begin
    if p_a is null or p_b is null then
        return null;
    elsif p_a = p_b then
        return 3;
    end if;
    v_likeness := tandem_text.similarity(split_part(p_a, E'\t', 2), split_part(p_b, E'\t', 2));
    v_number := split_part(p_a, E'\t', 1) <> '' and split_part(p_a, E'\t', 1) = split_part(p_b, E'\t', 1);
    return case
        when v_likeness >= 0.6 and v_number then 3
        when v_likeness >= 0.6 or v_likeness >= 0.3 and v_number then 2
        when v_likeness >= 0.3 or v_number then 1
        else 0
    end;
end
$$;

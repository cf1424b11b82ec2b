-- How much two values of a comparison's kind are one: 3 the same … 0 not at all; null where one is missing. p_a_other, p_b_other: of
-- names, the other name of each, for what stands in the wrong field.
create or replace function compare_values(p_kind text, p_a text, p_b text, p_a_other text, p_b_other text) returns int2
language sql immutable parallel safe
as $$
    select case p_kind
        when 'name' then case
            when p_a <> p_b and (p_a = p_b_other or p_b = p_a_other) then 2::int2
            else compare_words(p_a, p_b)
        end
        when 'words' then compare_words(p_a, p_b)
        when 'code' then compare_codes(p_a, p_b)
        when 'domain' then case
            when p_a is null or p_b is null then null
            when p_a = p_b then 3::int2
            when split_part(p_a, '.', 1) = split_part(p_b, '.', 1) then 2::int2
            else 0::int2
        end
        when 'email' then compare_emails(p_a, p_b)
        when 'street' then compare_streets(p_a, p_b)
        when 'place' then compare_places(p_a, p_b)
        else case when p_a is null or p_b is null then null when p_a = p_b then 3::int2 else 0::int2 end
    end
$$;

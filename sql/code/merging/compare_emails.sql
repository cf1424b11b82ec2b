-- How much two addresses are one: 3 the same, 2 one letter differs, 1 the same name at another house, 0.
create or replace function compare_emails(p_a text, p_b text) returns int2
language sql immutable parallel safe
as $$
    select case
        when p_a is null or p_b is null then null
        when p_a = p_b then 3
        when tandem_text.levenshtein_less_equal(left(p_a, 200), left(p_b, 200), 1) <= 1 then 2
        when split_part(p_a, '@', 1) = split_part(p_b, '@', 1) and length(split_part(p_a, '@', 1)) >= 5 then 1
        else 0
    end::int2
$$;

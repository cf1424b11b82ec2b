-- How much two addresses are one: 3 the same, 2 one letter differs, 1 the same name at another house, 0. Where all that differs is a digit
-- they are two: anna1 and anna2 are numbered because an anna was there already.
create or replace function compare_emails(p_a text, p_b text) returns int2
language sql immutable parallel safe
as $$
    select case
        when p_a is null or p_b is null then null
        when p_a = p_b then 3
        when tandem_text.levenshtein_less_equal(left(p_a, 200), left(p_b, 200), 1) <= 1
            and translate(p_a, '0123456789', '') <> translate(p_b, '0123456789', '') then 2
        when split_part(p_a, '@', 1) = split_part(p_b, '@', 1) and length(split_part(p_a, '@', 1)) >= 5 then 1
        else 0
    end::int2
$$;

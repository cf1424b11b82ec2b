-- The forms in which values may stand in stored bytes, lower case: as they are, in JSON, in a URL, in base64 at each of its three
-- offsets; and each as encode(…, 'escape') shows it. Short values only count as whole JSON strings: they would be found everywhere.
create or replace function mention_forms(p_values text[]) returns text[]
language sql immutable
as $$
    with value as (
        select distinct u.value, length(u.value) >= 6 as is_long, convert_to(u.value, 'UTF8') as bytes from unnest(p_values) u(value)
    ),
    form as (
        select case when v.is_long then v.value else to_json(v.value)::text end as form from value v
        union
        select btrim(to_json(v.value)::text, '"') from value v where v.is_long
        union
        select (
            select string_agg(
                case
                    when c.letter ~ '[A-Za-z0-9._~-]' then c.letter
                    else regexp_replace(encode(convert_to(c.letter, 'UTF8'), 'hex'), '(..)', '%\1', 'g')
                end, '' order by c.n
            )
            from regexp_split_to_table(v.value, '') with ordinality c(letter, n)
        )
        from value v
        where v.is_long
        union
        select substr(
            replace(encode(convert_to(repeat('x', s), 'UTF8') || v.bytes, 'base64'), e'\n', ''),
            1 + ceil(s * 8 / 6.0)::integer,
            (s + octet_length(v.bytes)) * 8 / 6 - ceil(s * 8 / 6.0)::integer
        )
        from value v
        cross join generate_series(0, 2) s
        where octet_length(v.bytes) >= 9
    )
    select coalesce(array_agg(distinct lower(x.form)), '{}')
    from form f
    cross join lateral (values (f.form), (encode(convert_to(f.form, 'UTF8'), 'escape'))) x(form)
$$;

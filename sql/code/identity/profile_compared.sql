-- What a profile says of what profiles are compared by, by the names of match_comparisons; what it says nothing of is left out.
create or replace function profile_compared(p_label bigint) returns jsonb
language sql stable
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'first_name', w.first_name, 'last_name', w.last_name, 'email', w.email, 'phone', w.phone, 'birth_date', w.birth_date,
        'street', w.street, 'place', nullif(concat_ws(' ', w.postal_code, w.city), ''), 'company', w.company
    ))
    from (select jsonb_object_agg(t.trait, t.value) as traits from component_traits(p_label) t) t
    cross join lateral profile_words(t.traits) w
$$;

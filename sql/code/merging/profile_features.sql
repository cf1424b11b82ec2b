-- What profiles are compared by, see match_features: their traits. Who says less than two things of themselves is left out, as most anonymous
-- visitors are. A phone that more than three have says nothing; numbers are compared by their last eight digits, with which country and
-- area code or without.
create or replace function profile_features() returns table (id uuid, vals text[], keys text[])
language sql stable
as $$
    select p.id,
        array[p.first, p.last, p.email, p.phone, p.birth, p.number || E'\t' || coalesce(p.street, ''),
            case when p.code is not null or p.city is not null then coalesce(p.code, '') || E'\t' || coalesce(p.city, '') end, p.company],
        array_remove(array[
            'email' || E'\t' || p.email, 'phone' || E'\t' || p.phone,
            'names' || E'\t' || least(p.first, p.last) || E'\t' || greatest(p.first, p.last),
            'sounds' || E'\t' || least(s.first, s.last) || E'\t' || greatest(s.first, s.last),
            'birth_and_name' || E'\t' || p.birth || E'\t' || s.last, 'birth_and_name' || E'\t' || p.birth || E'\t' || s.first,
            'birth_and_place' || E'\t' || p.birth || E'\t' || coalesce(p.code, s.city),
            'name_and_place' || E'\t' || s.last || E'\t' || p.code, 'name_and_place' || E'\t' || s.first || E'\t' || p.code,
            'name_and_company' || E'\t' || s.last || E'\t' || s.company, 'name_and_company' || E'\t' || s.first || E'\t' || s.company,
            'street' || E'\t' || nullif(p.number, '') || E'\t' || left(p.street, 5),
            'street' || E'\t' || nullif(p.number, '') || E'\t' || s.city
        ], null)
    from (
        select c.profile_id as id, replace(fold_words(w.first_name), ' ', '') as first, replace(fold_words(w.last_name), ' ', '') as last,
            lower(w.email) as email, case when count(*) over (partition by f.phone) <= 3 then f.phone end as phone,
            substring(w.birth_date from '^\d{4}-\d\d-\d\d') as birth,
            coalesce(substring(w.street from '\d+'), case when w.street <> '' then '' end) as number,
            fold_words(regexp_replace(w.street, '\d+', ' ', 'g')) as street, replace(fold_words(w.postal_code), ' ', '') as code,
            replace(fold_words(w.city), ' ', '') as city, fold_words(w.company) as company
        from component c
        join node n on n.id = c.public_node
        cross join lateral (
            select case
                when c.merges = 0 then n.traits
                else (select jsonb_object_agg(t.trait, t.value) from component_traits(c.label) t)
            end as traits
            offset 0
        ) t
        cross join lateral profile_words(t.traits) w
        cross join lateral (
            select right(nullif(regexp_replace(w.phone, '\D', '', 'g'), ''), 8) as phone offset 0
        ) f
        where num_nonnulls(w.first_name, w.last_name, w.email, f.phone, w.birth_date, w.street, w.company) >= 2
        offset 0
    ) p
    cross join lateral (
        select word_sound(p.first) as first, word_sound(p.last) as last, word_sound(p.city) as city,
            word_sound(split_part(p.company, ' ', 1)) as company
        offset 0
    ) s
$$;

-- What contacts are compared by, see match_features. p_fields: the tenant's own fields that are compared. A phone that more than three have, as
-- a switchboard's, says nothing.
create or replace function contact_features(p_fields text[]) returns table (id uuid, vals text[], keys text[])
language sql stable
as $$
    select c.id,
        array[c.first, c.last, c.email, c.phone, c.number || E'\t' || coalesce(c.street, ''),
            case when c.code is not null or c.city is not null then coalesce(c.code, '') || E'\t' || coalesce(c.city, '') end] || c.own,
        array_remove(array[
            'email' || E'\t' || c.email, 'phone' || E'\t' || c.phone,
            'names' || E'\t' || least(c.first, c.last) || E'\t' || greatest(c.first, c.last),
            'sounds' || E'\t' || least(s.first, s.last) || E'\t' || greatest(s.first, s.last),
            'name_and_place' || E'\t' || s.last || E'\t' || c.code, 'name_and_place' || E'\t' || s.first || E'\t' || c.code,
            'street' || E'\t' || nullif(c.number, '') || E'\t' || left(c.street, 5),
            'street' || E'\t' || nullif(c.number, '') || E'\t' || s.city
        ], null) || array(
            select k.rule || E'\t' || o.name || E'\t' || o.value || E'\t' || k.with
            from unnest(p_fields, c.own) o (name, value)
            cross join (
                values ('own_and_name', s.last), ('own_and_name', s.first), ('own_and_place', c.code), ('own_and_place', s.city)
            ) k (rule, "with")
            where o.value is not null and k.with is not null
        )
    from (
        select c.id, replace(fold_words(c.first_name), ' ', '') as first, replace(fold_words(c.last_name), ' ', '') as last,
            c.email_norm as email,
            case when count(*) over (partition by c.phone_e164) <= 3 then c.phone_e164 end as phone,
            coalesce(substring(c.address_street from '\d+'), case when c.address_street <> '' then '' end) as number,
            fold_words(regexp_replace(c.address_street, '\d+', ' ', 'g')) as street,
            replace(fold_words(c.address_postal_code), ' ', '') as code, replace(fold_words(c.address_city), ' ', '') as city,
            case when p_fields = '{}' then '{}' else own_values(to_jsonb(c), p_fields) end as own
        from contacts c
        offset 0
    ) c
    cross join lateral (select word_sound(c.first) as first, word_sound(c.last) as last, word_sound(c.city) as city offset 0) s
$$;

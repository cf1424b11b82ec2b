-- What accounts are compared by, see match_features. p_fields: the tenant's own fields that are compared; p_free_mail: domains that say
-- nothing, as do a domain and a phone that more than three have.
create or replace function account_features(p_fields text[], p_free_mail text[]) returns table (id uuid, vals text[], keys text[])
language sql stable
as $$
    select a.id,
        array[a.name, a.domain, a.phone, a.number || E'\t' || coalesce(a.street, ''),
            case when a.code is not null or a.city is not null then coalesce(a.code, '') || E'\t' || coalesce(a.city, '') end] || a.own,
        array_remove(array[
            'company' || E'\t' || a.name, 'domain' || E'\t' || a.domain, 'phone' || E'\t' || a.phone,
            'name_start' || E'\t' || left(replace(a.name, ' ', ''), 6),
            'name_and_place' || E'\t' || s.name || E'\t' || a.code, 'name_and_place' || E'\t' || s.name || E'\t' || a.city,
            'street' || E'\t' || nullif(a.number, '') || E'\t' || left(a.street, 5) || E'\t' || coalesce(a.code, s.city)
        ], null) || array(
            select k.rule || E'\t' || o.name || E'\t' || o.value || E'\t' || k.with
            from unnest(p_fields, a.own) o (name, value)
            cross join (values ('own_and_name', s.name), ('own_and_place', a.code), ('own_and_place', s.city)) k (rule, "with")
            where o.value is not null and k.with is not null
        )
    from (
        select a.id, coalesce(fold_words(a.company_key), fold_words(a.name)) as name,
            case when a.domain <> all (p_free_mail) and count(*) over (partition by a.domain) <= 3 then a.domain end as domain,
            case when count(*) over (partition by a.phone_e164) <= 3 then a.phone_e164 end as phone,
            coalesce(substring(a.address_street from '\d+'), case when a.address_street <> '' then '' end) as number,
            fold_words(regexp_replace(a.address_street, '\d+', ' ', 'g')) as street,
            replace(fold_words(a.address_postal_code), ' ', '') as code, replace(fold_words(a.address_city), ' ', '') as city,
            case when p_fields = '{}' then '{}' else own_values(to_jsonb(a), p_fields) end as own
        from accounts a
        offset 0
    ) a
    cross join lateral (select word_sound(split_part(a.name, ' ', 1)) as name, word_sound(a.city) as city offset 0) s
$$;

-- What leads are compared by that are not converted, see match_features. p_fields: the tenant's own fields that are compared. A phone that more
-- than three have, as a switchboard's, says nothing.
create or replace function lead_features(p_fields text[]) returns table (id uuid, vals text[], keys text[])
language sql stable
as $$
    select l.id,
        array[l.first, l.last, l.email, l.phone, l.company] || l.own,
        array_remove(array[
            'email' || E'\t' || l.email, 'phone' || E'\t' || l.phone,
            'names' || E'\t' || least(l.first, l.last) || E'\t' || greatest(l.first, l.last),
            'sounds' || E'\t' || least(s.first, s.last) || E'\t' || greatest(s.first, s.last),
            'name_and_company' || E'\t' || s.last || E'\t' || s.company, 'name_and_company' || E'\t' || s.first || E'\t' || s.company
        ], null) || array(
            select 'own_and_name' || E'\t' || o.name || E'\t' || o.value || E'\t' || k.with
            from unnest(p_fields, l.own) o (name, value)
            cross join (values (s.last), (s.first)) k ("with")
            where o.value is not null and k.with is not null
        )
    from (
        select l.id, replace(fold_words(l.first_name), ' ', '') as first, replace(fold_words(l.last_name), ' ', '') as last,
            l.email_norm as email,
            case when count(*) over (partition by l.phone_e164) <= 3 then l.phone_e164 end as phone,
            coalesce(fold_words(l.company_key), fold_words(l.company)) as company,
            case when p_fields = '{}' then '{}' else own_values(to_jsonb(l), p_fields) end as own
        from leads l
        where l.status <> 'converted'
        offset 0
    ) l
    cross join lateral (
        select word_sound(l.first) as first, word_sound(l.last) as last, word_sound(split_part(l.company, ' ', 1)) as company offset 0
    ) s
$$;

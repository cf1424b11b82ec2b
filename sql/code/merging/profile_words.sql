-- What traits say of a person that others may say too, as they were sent: Segment's reserved names in both their spellings, and the usual ones
-- for a date of birth. A name in one piece is cut before its last word.
create or replace function profile_words(
    p_traits jsonb, out first_name text, out last_name text, out email text, out phone text, out birth_date text, out street text,
    out postal_code text, out city text, out company text
)
language sql immutable parallel safe
as $$
    select
        case when n.first is null and n.last is null then nullif(btrim(regexp_replace(n.whole, '\S+\s*$', '')), '') else n.first end,
        case when n.first is null and n.last is null then substring(n.whole from '\S+\s*$') else n.last end,
        first_trait(p_traits, '{email}'), first_trait(p_traits, '{phone,phone_number,phoneNumber}'),
        first_trait(p_traits, '{birthday,birth_date,birthDate,date_of_birth,dateOfBirth}'),
        coalesce(first_trait(p_traits -> 'address', '{street}'), first_trait(p_traits, '{address_street,street,address}')),
        coalesce(
            first_trait(p_traits -> 'address', '{postalCode,postal_code,zip}'),
            first_trait(p_traits, '{address_postal_code,postal_code,postalCode,zip}')
        ),
        coalesce(first_trait(p_traits -> 'address', '{city}'), first_trait(p_traits, '{address_city,city}')),
        coalesce(first_trait(p_traits -> 'company', '{name}'), first_trait(p_traits, '{company,company_name,companyName}'))
    from (
        select first_trait(p_traits, '{first_name,firstName}') as first, first_trait(p_traits, '{last_name,lastName}') as last,
            first_trait(p_traits, '{name}') as whole
    ) n
$$;

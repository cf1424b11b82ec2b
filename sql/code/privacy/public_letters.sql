-- An id as API and command line write it after its prefix: 26 letters of Crockford's base32, lower case.
create or replace function public_letters(p_id uuid) returns text
language sql immutable
as $$
    select string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + substr(b.bits, 5 * n.place + 1, 5)::bit(5)::integer, 1), '' order by n.place
    )
    from (select '00' || ('x' || replace(p_id::text, '-', ''))::bit(128)::text as bits) b
    cross join generate_series(0, 25) n(place)
$$;

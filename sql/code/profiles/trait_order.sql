-- The trait_place of a stamp: [µs since 1970, message id, source].
create or replace function trait_order(p_stamp jsonb) returns text
language sql immutable parallel safe
as $$
    select trait_place((p_stamp ->> 0)::bigint, p_stamp ->> 1, (p_stamp ->> 2)::int2)
$$;

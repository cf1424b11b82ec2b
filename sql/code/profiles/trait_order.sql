-- What decides between two values of a trait, as a text to be compared by bytes (collate "C"): a hand edit (source 0) before any
-- event, then the
-- time of the event in microseconds, then its message id. p_stamp: [µs since 1970, message id, source].
create or replace function trait_order(p_stamp jsonb) returns text
language sql immutable parallel safe
as $$
    select (
        case when p_stamp ->> 2 = '0' then '1' else '0' end
        || lpad(((p_stamp ->> 0)::bigint + 4611686018427387904)::text, 20, '0')
        || (p_stamp ->> 1)
    )
$$;

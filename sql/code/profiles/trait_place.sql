-- What decides between two values of a trait, as a text to be compared by bytes (collate "C"): a hand edit (source 0) before any
-- event, then the time of the event, p_at, in microseconds since 1970, then its message id.
create or replace function trait_place(p_at int8, p_message_id text, p_source int2) returns text
language sql immutable parallel safe
as $$
    select case when p_source = 0 then '1' else '0' end || lpad((p_at + 4611686018427387904)::text, 20, '0') || p_message_id
$$;

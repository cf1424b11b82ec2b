-- The lock bucket of an identifier, 0 to 8191.
create or replace function identifier_bucket(p_type text, p_value text) returns int2
language sql immutable parallel safe
as $$ select (hashtextextended(p_type || E'\x1f' || p_value, 0) & 8191)::int2 $$;

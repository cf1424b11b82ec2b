-- The lock bucket of a value by which records are looked for, 8258 to 9281.
create or replace function key_bucket(p_object text, p_column text, p_value text) returns int2
language sql immutable parallel safe
as $$ select (8258 + (hashtextextended(p_object || E'\x1f' || p_column || E'\x1f' || p_value, 0) & 1023))::int2 $$;

-- A time as the API writes it: ISO 8601, UTC, microseconds.
create or replace function iso_time(p_at timestamptz) returns text
language sql immutable parallel safe
as $$ select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

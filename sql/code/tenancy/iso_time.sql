-- A time as the API writes it: ISO 8601, UTC, microseconds. (Not `immutable`: a function that is more than what it calls, here
-- to_char, is not inlined, and then costs as much as a query.)
create or replace function iso_time(p_at timestamptz) returns text
language sql stable parallel safe
as $$ select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

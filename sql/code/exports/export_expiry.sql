-- Until when a file that is ordered or ready now may be fetched.
create or replace function export_expiry() returns timestamptz
language sql volatile
as $$ select clock_timestamp() + interval '7 days' $$;

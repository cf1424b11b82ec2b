-- The time by the database's clock, for what is taken away for good: servers may be of different minds.
create or replace function database_time() returns timestamptz
language sql stable
as $$
    select now()
$$;

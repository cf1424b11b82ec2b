-- A text that changes when what a server remembers of the database may be of another one: after a restart, on another machine after
-- a failover, in a database made anew.
create or replace function database_identity() returns text
language sql stable
as $$
    select d.oid || ' ' || pg_postmaster_start_time() from pg_database d where d.datname = current_database();
$$;

-- How many nodes and identifiers a simulation of rules has to read.
create or replace function simulation_size() returns table (nodes bigint, identifiers bigint)
language sql stable
as $$ select (select count(*) from node), (select coalesce(sum(c.identifiers), 0)::bigint from component c) $$;

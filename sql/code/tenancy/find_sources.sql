-- A tenant's sources in the order of their numbers.
create or replace function find_sources(p_tenant uuid) returns setof tandem.source
language sql stable
as $$
    select * from tandem.source as s where s.tenant = p_tenant order by s.number
$$;

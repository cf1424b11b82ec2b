-- A tenant's sources in the order of their numbers, or the one of that id (p_tenant null).
create or replace function find_sources(p_tenant uuid, p_id uuid default null) returns setof tandem.source
language sql stable
as $$
    select * from tandem.source as s
    where s.deleted_at is null and case when p_id is null then s.tenant = p_tenant else s.id = p_id end
    order by s.number
$$;

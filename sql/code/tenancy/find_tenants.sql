-- Tenants in the order of their names: all, or the one with that name or id.
create or replace function find_tenants(p_slug text default null, p_id uuid default null)
returns setof tandem.tenant
language sql stable
as $$
    select * from tandem.tenant as t
    where (p_slug is null and p_id is null) or t.slug = p_slug or t.id = p_id
    order by t.slug
$$;

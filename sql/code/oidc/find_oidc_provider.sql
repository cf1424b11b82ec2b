-- A tenant's identity provider; no row where it has none.
create or replace function find_oidc_provider(p_tenant uuid) returns setof tandem.oidc_provider
language sql stable
as $$
    select * from tandem.oidc_provider as p where p.tenant = p_tenant
$$;

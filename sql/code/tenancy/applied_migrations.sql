-- The ledger of one tenant.
create or replace function applied_migrations(p_tenant uuid) returns table (path text, sha256 text)
language sql stable
as $$
    select m.path, encode(m.sha256, 'hex') from tandem.tenant_migration as m where m.tenant = p_tenant order by m.path
$$;

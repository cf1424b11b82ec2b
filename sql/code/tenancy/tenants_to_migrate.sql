-- Tenants that are not at the digest of their modules: p_digests[i] belongs to p_modules[i], for example 'cdp,crm'.
create or replace function tenants_to_migrate(p_modules text[], p_digests text[]) returns setof tandem.tenant
language sql stable
as $$
    select t.* from tandem.tenant as t
    where not exists (
        select from unnest(p_modules, p_digests) as wanted(modules, digest)
        where decode(wanted.digest, 'hex') = t.schema_digest
          and wanted.modules = (select string_agg(m, ',' order by m) from unnest(t.modules) as m))
      and t.state <> 'deleting'
    order by t.created_at, t.id
$$;

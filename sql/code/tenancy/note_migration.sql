-- Enters one applied migration of a tenant into the ledger.
create or replace function note_migration(p_tenant uuid, p_path text, p_sha256 text, p_duration_ms integer)
returns void
language sql
as $$
    insert into tandem.tenant_migration (tenant, path, sha256, duration_ms)
    values (p_tenant, p_path, decode(p_sha256, 'hex'), p_duration_ms);
    update tandem.tenant as t set version = t.version + 1 where t.id = p_tenant
$$;

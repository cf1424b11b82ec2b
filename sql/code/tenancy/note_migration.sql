-- Enters one applied migration of a tenant into the ledger and, unless the tenant is being made, into the audit.
create or replace function note_migration(p_tenant uuid, p_path text, p_sha256 text, p_duration_ms integer, p_actor text)
returns void
language plpgsql
as $$
begin
    insert into tandem.tenant_migration (tenant, path, sha256, duration_ms)
    values (p_tenant, p_path, decode(p_sha256, 'hex'), p_duration_ms);
    update tandem.tenant as t set version = t.version + 1 where t.id = p_tenant;
    perform append_control_audit(p_actor, 'tenant.migrate', t.id, t.id::text, jsonb_build_object('path', p_path))
    from tandem.tenant as t
    where t.id = p_tenant and t.state <> 'creating';
end
$$;

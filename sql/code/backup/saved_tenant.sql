-- What the control plane knows of a tenant, as its backup keeps it: settings and sources, without ids, keys and secrets.
create or replace function saved_tenant(p_tenant uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'settings', to_jsonb(t) - array['id', 'cell', 'state', 'epoch', 'version', 'schema_digest', 'next_bi_login', 'updated_at',
            'suspended_at', 'delete_after'],
        'sources', (
            select coalesce(jsonb_agg(to_jsonb(s) - array['id', 'tenant', 'webhook_secret', 'updated_at'] order by s.number), '[]')
            from tandem.source s where s.tenant = t.id
        ),
        'migrations', (
            select jsonb_object_agg(m.path, encode(m.sha256, 'hex')) from tandem.tenant_migration m where m.tenant = t.id
        )
    )
    from tandem.tenant t
    where t.id = p_tenant
$$;

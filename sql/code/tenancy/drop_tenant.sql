-- Drops the schemas, the roles and every row of a tenant whose grace period is over (or p_now: at once). Irreversible.
create or replace function drop_tenant(p_tenant uuid, p_now boolean, p_actor text) returns boolean
language plpgsql
as $$
declare
    tenant tandem.tenant;
    login text;
    name text;
begin
    select * into tenant from tandem.tenant as t where t.id = p_tenant for update;
    if not found then
        return false;
    end if;
    if tenant.state <> 'deleting' or (tenant.delete_after > now() and not p_now) then
        raise exception using errcode = 'TD013', message = 'the tenant is not due for deletion';
    end if;
    for login in select l.login from tandem.bi_login as l where l.tenant = p_tenant and l.revoked_at is null loop
        perform drop_bi_role(login, tenant.schema_name);
    end loop;
    perform set_config('role', tenant.schema_name || '_owner', true);
    execute format('drop schema if exists %I, %I, %I cascade', tenant.schema_name, tenant.schema_name || '_i', tenant.schema_name || '_m');
    execute format('drop owned by %I cascade', tenant.schema_name || '_owner');
    perform set_config('role', 'tandem_admin', true);
    foreach name in array array['_owner', '_app', '_bi'] loop
        execute format('drop role if exists %I', tenant.schema_name || name);
    end loop;
    delete from tandem.tenant as t where t.id = p_tenant;
    perform append_control_audit(p_actor, 'tenant.drop', p_tenant, p_tenant::text,
        jsonb_build_object('slug', tenant.slug, 'schema', tenant.schema_name));
    return true;
end
$$;

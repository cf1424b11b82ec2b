-- A database login that may read what BI sees of one tenant; with a role (its id) nothing until grant_bi_columns; with p_models it makes views, too. p_verifier is a SCRAM verifier, so that no password reaches
-- the server's log; the login's name is opaque and never reused.
create or replace function create_bi_login(
    p_tenant uuid, p_name text, p_role text, p_verifier text, p_actor text, p_connections integer, p_models boolean)
returns setof tandem.bi_login
language plpgsql
as $$
declare
    number integer;
    tenant_schema text;
    tenant_state text;
    login text;
begin
    update tandem.tenant as t set next_bi_login = t.next_bi_login + 1 where t.id = p_tenant
    returning t.next_bi_login - 1, t.schema_name, t.state into number, tenant_schema, tenant_state;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such tenant';
    end if;
    if tenant_state in ('suspended', 'deleting') then
        raise exception using errcode = 'TD013', message = 'BI logins read of an active tenant alone',
            detail = case tenant_state when 'suspended' then 'resume the tenant first' else 'restore the tenant first' end;
    end if;
    if exists (
        select from tandem.bi_login as l where l.tenant = p_tenant and l.name = p_name and l.revoked_at is null
    ) then
        raise exception using errcode = 'TD003', message = format('a BI login named %s exists', p_name);
    end if;
    login := tenant_schema || '_b' || number;
    execute format('create role %I login nosuperuser nocreatedb nocreaterole inherit connection limit %s password %L',
        login, p_connections, p_verifier);
    execute format('grant tandem_bi to %I', login);
    if p_role is null then
        execute format('grant %I to %I', tenant_schema || '_bi', login);
    end if;
    execute format('alter role %I set search_path = %I, %I', login, tenant_schema, tenant_schema || '_m');
    if p_models then
        perform open_bi_models(tenant_schema, login);
    else
        execute format('alter role %I set default_transaction_read_only = on', login);
    end if;
    execute format('alter role %I set statement_timeout = ''5min''', login);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''5min''', login);
    perform append_control_audit(p_actor, 'bi.create', p_tenant, login, jsonb_build_object('name', p_name, 'connections', p_connections, 'models', p_models));
    return query
        insert into tandem.bi_login (login, tenant, name, role, models) values (login, p_tenant, p_name, p_role, p_models) returning *;
end
$$;

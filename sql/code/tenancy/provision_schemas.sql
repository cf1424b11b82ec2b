-- The roles and the two empty schemas of a tenant. Each step looks first, so a second call changes nothing.
-- On PostgreSQL 15 a role must be granted to its creator and to the login before it may own a schema.
create or replace function provision_schemas(p_schema text) returns void
language plpgsql
as $$
declare
    owner_role text := p_schema || '_owner';
    app_role text := p_schema || '_app';
    bi_role text := p_schema || '_bi';
    internal text := p_schema || '_i';
    name text;
begin
    foreach name in array array[owner_role, app_role, bi_role] loop
        if to_regrole(name) is null then
            execute format('create role %I nologin', name);
        end if;
    end loop;
    foreach name in array array[owner_role, app_role] loop
        if not pg_has_role('tandem_admin', name, 'member') then
            execute format('grant %I to tandem_admin', name);
        end if;
        if not pg_has_role(session_user, name, 'member') then
            execute format('grant %I to %I', name, session_user);
        end if;
        if not pg_has_role(name, 'tandem_code_user', 'member') then
            execute format('grant tandem_code_user to %I', name);
        end if;
    end loop;
    if to_regnamespace(p_schema) is not null and to_regnamespace(internal) is not null then
        return;
    end if;
    execute format('create schema if not exists %I authorization %I', p_schema, owner_role);
    execute format('create schema if not exists %I authorization %I', internal, owner_role);
    perform set_config('role', owner_role, true);
    execute format('grant usage on schema %I, %I to %I', p_schema, internal, app_role);
    execute format('grant usage on schema %I to %I', p_schema, bi_role);
    execute format('alter default privileges in schema %I, %I grant select, insert, update, delete on tables to %I',
        p_schema, internal, app_role);
    execute format('alter default privileges in schema %I, %I grant usage, select on sequences to %I',
        p_schema, internal, app_role);
    execute format('alter default privileges in schema %I grant select on tables to %I', p_schema, bi_role);
    perform set_config('role', 'tandem_admin', true);
end
$$;

-- Ends a BI login's sessions and drops it.
create or replace function drop_bi_role(p_login text, p_schema text) returns void
language plpgsql
as $$
begin
    if to_regrole(p_login) is null then
        return;
    end if;
    execute format('alter role %I nologin', p_login);
    perform end_login_sessions(p_login);
    -- Who makes models (open_bi_models): the views, and what is said of later ones.
    if pg_has_role('tandem_admin', p_login, 'member') then
        perform set_config('role', p_schema || '_owner', true);
        execute format('revoke all on schema %I from %I', p_schema || '_m', p_login);
        perform set_config('role', p_login, true);
        execute format('drop owned by %I cascade', p_login);
        perform set_config('role', 'tandem_admin', true);
    end if;
    -- What a role let it read was granted by the owner.
    perform set_config('role', p_schema || '_owner', true);
    if to_regclass(format('%I.bi_grantee', p_schema || '_i')) is not null then
        execute format('revoke select on all tables in schema %I from %I', p_schema, p_login);
        execute format('revoke usage on schema %I from %I', p_schema, p_login);
        execute format('delete from %I.bi_grantee where login = %L', p_schema || '_i', p_login);
    end if;
    perform set_config('role', 'tandem_admin', true);
    execute format('revoke tandem_bi from %I', p_login);
    if pg_has_role(p_login, p_schema || '_bi', 'member') then
        execute format('revoke %I from %I', p_schema || '_bi', p_login);
    end if;
    execute format('drop role %I', p_login);
end
$$;

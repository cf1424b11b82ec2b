-- Lets a BI login make views in the tenant's schema for models, which the tenant's other full BI logins read. The schema is made with the
-- first such login. Raises TD013 where nothing holds the login to views (control/bootstrap/guard_models.sql).
create or replace function open_bi_models(p_schema text, p_login text) returns void
language plpgsql
as $$
declare
    models text := p_schema || '_m';
    owner_role text := p_schema || '_owner';
    bi_role text := p_schema || '_bi';
begin
    if not exists (select from pg_event_trigger as e where e.evtname = 'tandem_bi_models' and e.evtenabled in ('O', 'A')) then
        raise exception using errcode = 'TD013', message = 'the event trigger that holds such logins to views is missing',
            detail = 'An event trigger holds such logins to views, and only a superuser can make it: run the same command once with --database-url of one.';
    end if;
    if to_regnamespace(models) is null then
        execute format('create schema %I authorization %I', models, owner_role);
    end if;
    perform set_config('role', owner_role, true);
    execute format('comment on schema %I is %L', models, 'Models: views that BI logins made.');
    execute format('grant usage on schema %I to %I', models, bi_role);
    execute format('grant usage, create on schema %I to %I', models, p_login);
    perform set_config('role', 'tandem_admin', true);
    -- What it makes, the others read; and whoever drops the login drops what it made.
    execute format('grant %I to tandem_admin', p_login);
    perform set_config('role', p_login, true);
    execute format('alter default privileges in schema %I grant select on tables to %I', models, bi_role);
    perform set_config('role', 'tandem_admin', true);
end
$$;

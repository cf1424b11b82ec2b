-- Calls initialise_tenant() and, with crm, initialise_crm() once each, under the tenant's own role and path. Modules that
-- were initialised before are skipped, so a later `tenant update --modules` initialises only what is new.
create or replace function initialise_modules(p_tenant uuid) returns void
language plpgsql
as $$
declare
    tenant tandem.tenant;
    path text := current_setting('search_path');
    missing text[];
begin
    select * into strict tenant from tandem.tenant as t where t.id = p_tenant for update;
    missing := array(
        select module from unnest(array['all'] || tenant.modules) as module
        where module <> all (tenant.initialised_modules));
    perform set_config('search_path', format('%I, %I, %s', tenant.schema_name, tenant.schema_name || '_i', path), true);
    perform set_config('role', tenant.schema_name || '_app', true);
    if 'all' = any (missing) and to_regprocedure('initialise_tenant()') is not null then
        execute 'select initialise_tenant()';
    end if;
    if 'crm' = any (missing) and to_regprocedure('initialise_crm()') is not null then
        execute 'select initialise_crm()';
    end if;
    perform set_config('role', 'tandem_admin', true);
    perform set_config('search_path', path, true);
    update tandem.tenant as t set initialised_modules = t.initialised_modules || missing
    where t.id = p_tenant and cardinality(missing) > 0;
end
$$;

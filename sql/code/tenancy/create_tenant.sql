-- Inserts a tenant in state creating with its roles and empty schemas. The same call continues a creation that was cut
-- short; a finished tenant of that name is a duplicate.
create or replace function create_tenant(
    p_id uuid, p_slug text, p_display_name text, p_schema text, p_modules text[], p_timezone text, p_currency text,
    p_actor text
) returns setof tandem.tenant
language plpgsql
as $$
declare
    found_tenant tandem.tenant;
begin
    insert into tandem.tenant (id, slug, display_name, schema_name, modules, timezone, currency, state)
    values (p_id, p_slug, p_display_name, p_schema, p_modules, p_timezone, p_currency, 'creating')
    on conflict (slug) do nothing;
    select * into strict found_tenant from tandem.tenant as t where t.slug = p_slug for update;
    if found_tenant.state <> 'creating' then
        raise exception using errcode = 'TD003', message = format('a tenant named %s exists', p_slug),
            detail = jsonb_build_array(found_tenant.id)::text;
    end if;
    if found_tenant.id = p_id then
        perform append_control_audit(p_actor, 'tenant.create', p_id, p_id::text,
            jsonb_build_object('slug', p_slug, 'modules', p_modules));
    end if;
    perform provision_schemas(found_tenant.schema_name);
    return next found_tenant;
end
$$;

-- Changes what is not null. A module may be added, never removed: its tables hold data.
create or replace function update_tenant(
    p_tenant uuid, p_display_name text, p_timezone text, p_currency text, p_modules text[], p_actor text
) returns setof tandem.tenant
language plpgsql
as $$
declare
    before tandem.tenant;
begin
    select * into before from tandem.tenant as t where t.id = p_tenant for update;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such tenant';
    end if;
    if not before.modules <@ coalesce(p_modules, before.modules) then
        raise exception using errcode = 'TD013', message = 'a module cannot be taken away',
            detail = 'its tables hold data; delete the tenant, or leave the module unused';
    end if;
    perform append_control_audit(p_actor, 'tenant.update', p_tenant, p_tenant::text, jsonb_strip_nulls(
        jsonb_build_object('display_name', p_display_name, 'timezone', p_timezone, 'currency', p_currency,
            'modules', p_modules)));
    return query
        update tandem.tenant as t
        set display_name = coalesce(p_display_name, t.display_name), timezone = coalesce(p_timezone, t.timezone),
            currency = coalesce(p_currency, t.currency), modules = coalesce(p_modules, t.modules), updated_at = now(),
            schema_digest = case when p_modules is null then t.schema_digest end
        where t.id = p_tenant
        returning t.*;
end
$$;

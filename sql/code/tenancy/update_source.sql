-- Changes what is not null.
create or replace function update_source(
    p_source uuid, p_name text, p_enabled boolean, p_may_identify boolean, p_may_create_accounts boolean,
    p_may_write_crm text, p_actor text
) returns setof tandem.source
language plpgsql
as $$
declare
    changed tandem.source;
    tenant_schema text;
begin
    update tandem.source as s
    set name = coalesce(p_name, s.name), enabled = coalesce(p_enabled, s.enabled),
        disabled_at = case when coalesce(p_enabled, s.enabled) then null else coalesce(s.disabled_at, now()) end,
        may_identify = coalesce(p_may_identify, s.may_identify),
        may_create_accounts = coalesce(p_may_create_accounts, s.may_create_accounts),
        may_write_crm = coalesce(p_may_write_crm, s.may_write_crm), updated_at = now()
    where s.id = p_source
    returning * into changed;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such source';
    end if;
    select t.schema_name into strict tenant_schema from tandem.tenant as t where t.id = changed.tenant;
    perform copy_source(changed, tenant_schema);
    perform append_control_audit(p_actor, 'source.update', changed.tenant, p_source::text, jsonb_strip_nulls(
        jsonb_build_object('name', p_name, 'enabled', p_enabled, 'may_identify', p_may_identify,
            'may_create_accounts', p_may_create_accounts, 'may_write_crm', p_may_write_crm)));
    return next changed;
end
$$;

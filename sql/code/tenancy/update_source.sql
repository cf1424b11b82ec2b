-- Changes what is not null. One that becomes third_party identifies no more. Raises TD003, and TD004 for a third party that is to
-- identify.
create or replace function update_source(
    p_source uuid, p_name text, p_enabled boolean, p_may_identify boolean, p_may_create_accounts boolean,
    p_may_write_crm text, p_provenance text, p_allowed_origins text[], p_actor text
) returns setof tandem.source
language plpgsql
as $$
declare
    changed tandem.source;
    tenant_schema text;
begin
    if exists (
        select from tandem.source as s join tandem.source as o on o.tenant = s.tenant and o.name = p_name and o.id <> s.id
        where s.id = p_source) then
        raise exception using errcode = 'TD003', message = format('a source named %s exists', p_name);
    end if;
    update tandem.source as s
    set name = coalesce(p_name, s.name), enabled = coalesce(p_enabled, s.enabled),
        disabled_at = case when coalesce(p_enabled, s.enabled) then null else coalesce(s.disabled_at, now()) end,
        provenance = coalesce(p_provenance, s.provenance),
        may_identify = coalesce(p_may_identify, s.may_identify and coalesce(p_provenance, s.provenance) = 'first_party'),
        may_create_accounts = coalesce(p_may_create_accounts, s.may_create_accounts),
        may_write_crm = coalesce(p_may_write_crm, s.may_write_crm),
        allowed_origins = coalesce(p_allowed_origins, s.allowed_origins), updated_at = now()
    where s.id = p_source and s.deleted_at is null
    returning * into changed;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such source';
    end if;
    select t.schema_name into strict tenant_schema from tandem.tenant as t where t.id = changed.tenant;
    perform copy_source(changed, tenant_schema);
    perform append_control_audit(p_actor, 'source.update', changed.tenant, p_source::text, jsonb_strip_nulls(
        jsonb_build_object('name', p_name, 'enabled', p_enabled, 'may_identify', p_may_identify,
            'may_create_accounts', p_may_create_accounts, 'may_write_crm', p_may_write_crm, 'provenance', p_provenance,
            'allowed_origins', p_allowed_origins)));
    return next changed;
exception
    when check_violation then
        raise exception using errcode = 'TD004', message = 'a third party never identifies',
            detail = '[{"pointer": "/may_identify", "code": "third_party", "detail": "A third-party source never identifies."}]';
end
$$;

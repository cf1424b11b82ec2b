-- A source of a tenant, with its number in the tenant's own table. p_number is taken from the tenant's counter.
create or replace function create_source(
    p_id uuid, p_tenant uuid, p_name text, p_kind text, p_may_identify boolean, p_may_create_accounts boolean,
    p_may_write_crm text, p_provenance text, p_allowed_origins text[], p_actor text
) returns setof tandem.source
language plpgsql
as $$
declare
    given smallint;
    tenant_schema text;
    made tandem.source;
begin
    update tandem.tenant as t set next_source = t.next_source + 1 where t.id = p_tenant
    returning t.next_source - 1, t.schema_name into given, tenant_schema;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such tenant';
    end if;
    if exists (select from tandem.source as s where s.tenant = p_tenant and s.name = p_name) then
        raise exception using errcode = 'TD003', message = format('a source named %s exists', p_name);
    end if;
    insert into tandem.source (
        id, tenant, number, name, kind, may_identify, may_create_accounts, may_write_crm, provenance, allowed_origins)
    values (
        p_id, p_tenant, given, p_name, p_kind, p_may_identify, p_may_create_accounts, p_may_write_crm, p_provenance,
        p_allowed_origins)
    returning * into made;
    perform copy_source(made, tenant_schema);
    perform append_control_audit(p_actor, 'source.create', p_tenant, p_id::text,
        jsonb_build_object('name', p_name, 'kind', p_kind, 'provenance', p_provenance));
    return next made;
end
$$;

-- Revokes the BI login with that chosen name or login name.
create or replace function revoke_bi_login(p_tenant uuid, p_name text, p_actor text) returns setof tandem.bi_login
language plpgsql
as $$
declare
    gone tandem.bi_login;
    tenant_schema text;
begin
    update tandem.bi_login as l set revoked_at = now()
    where l.tenant = p_tenant and l.revoked_at is null and (l.name = p_name or l.login = p_name)
    returning * into gone;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such BI login';
    end if;
    select t.schema_name into strict tenant_schema from tandem.tenant as t where t.id = p_tenant;
    perform drop_bi_role(gone.login, tenant_schema);
    perform append_control_audit(p_actor, 'bi.revoke', p_tenant, gone.login, jsonb_build_object('name', gone.name));
    return next gone;
end
$$;

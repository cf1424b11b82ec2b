-- Takes a tenant's identity provider away; who signed in with it stays signed in. Raises TD001.
create or replace function remove_oidc_provider(p_tenant uuid, p_actor text) returns void
language plpgsql
as $$
begin
    delete from tandem.oidc_provider as p where p.tenant = p_tenant;
    if not found then
        raise exception using errcode = 'TD001', message = 'the tenant has no identity provider';
    end if;
    perform append_control_audit(p_actor, 'oidc.remove', p_tenant, p_tenant::text);
end
$$;

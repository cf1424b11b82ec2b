-- Sets a tenant's identity provider whole. A null secret keeps the one that is there, for the same issuer and client alone:
-- it is sent to the issuer, so whoever names another one has to know it. p_private_network: whether it may lie in a private network; null: as it
-- was for this issuer, for another one not. Raises TD004.
create or replace function put_oidc_provider(
    p_tenant uuid, p_issuer text, p_client_id text, p_client_secret bytea, p_label text, p_allowed_domains text[],
    p_new_user_role uuid, p_private_network boolean, p_actor text
) returns setof tandem.oidc_provider
language plpgsql
as $$
declare
    secret bytea := p_client_secret;
    is_private boolean := coalesce(p_private_network, (
        select p.private_network from tandem.oidc_provider as p where p.tenant = p_tenant and p.issuer = p_issuer), false);
begin
    if secret is null then
        select p.client_secret into secret from tandem.oidc_provider as p
        where p.tenant = p_tenant and p.issuer = p_issuer and p.client_id = p_client_id;
        if not found then
            raise exception using errcode = 'TD004', message = 'no client secret', detail = jsonb_build_array(jsonb_build_object(
                'pointer', '/client_secret', 'code', 'required',
                'detail', 'is asked for with a new issuer or client id'))::text;
        end if;
    end if;
    perform append_control_audit(p_actor, 'oidc.put', p_tenant, p_tenant::text, jsonb_build_object(
        'issuer', p_issuer, 'client_id', p_client_id, 'secret', p_client_secret is not null,
        'allowed_domains', p_allowed_domains, 'new_user_role', p_new_user_role,
        'private_network', is_private));
    return query
        insert into tandem.oidc_provider as p
            (tenant, issuer, client_id, client_secret, label, allowed_domains, new_user_role, private_network)
        values (p_tenant, p_issuer, p_client_id, secret, p_label, p_allowed_domains, p_new_user_role, is_private)
        on conflict (tenant) do update
        set issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret,
            label = excluded.label, allowed_domains = excluded.allowed_domains, new_user_role = excluded.new_user_role,
            private_network = excluded.private_network, updated_at = now()
        returning p.*;
end
$$;

-- Stores a key that the caller made; only the caller has its secret.
create or replace function create_key(
    p_id uuid, p_keyid text, p_kind text, p_tenant uuid, p_source uuid, p_sha256 bytea, p_clear text, p_scopes text[],
    p_expires_at timestamptz, p_role uuid, p_user uuid, p_actor text
) returns setof tandem.api_key
language plpgsql
as $$
begin
    if p_source is not null
        and not exists (select from tandem.source as s where s.id = p_source and s.tenant = p_tenant) then
        raise exception using errcode = 'TD001', message = 'no such source';
    end if;
    perform append_control_audit(p_actor, 'key.create', p_tenant, p_id::text,
        jsonb_build_object('kind', p_kind, 'source', p_source, 'scopes', p_scopes, 'expires_at', p_expires_at, 'role_id', p_role,
            'user_id', p_user));
    return query
        insert into tandem.api_key (id, keyid, kind, tenant, source, sha256, clear, scopes, role_id, user_id, actor, expires_at)
        values (p_id, p_keyid, p_kind, p_tenant, p_source, p_sha256, p_clear, p_scopes, p_role, p_user, p_actor, p_expires_at)
        returning *;
end
$$;

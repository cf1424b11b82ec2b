-- Ends a key: at once and for good (p_expires_at null: revoked), or at a time (rotation with an overlap).
create or replace function expire_key(p_key uuid, p_expires_at timestamptz, p_actor text)
returns setof tandem.api_key
language plpgsql
as $$
declare
    changed tandem.api_key;
begin
    update tandem.api_key as k
    set revoked_at = case when p_expires_at is null then coalesce(k.revoked_at, now()) else k.revoked_at end,
        expires_at = case when p_expires_at is null then k.expires_at else least(k.expires_at, p_expires_at) end
    where k.id = p_key
    returning * into changed;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such key';
    end if;
    perform append_control_audit(p_actor, case when p_expires_at is null then 'key.revoke' else 'key.expire' end,
        changed.tenant, p_key::text, jsonb_build_object('expires_at', p_expires_at));
    return next changed;
end
$$;

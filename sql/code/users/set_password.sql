-- Gives an active user a password, as Argon2id; false where there is no such user.
create or replace function set_password(p_user uuid, p_hash text, p_actor text) returns boolean
language plpgsql
as $$
begin
    if not exists (select from users u where u.id = p_user and u.active) then
        return false;
    end if;
    insert into user_credential (user_id, password_hash, changed_at)
    values (p_user, p_hash, now())
    on conflict (user_id) do update
    set password_hash = excluded.password_hash, changed_at = excluded.changed_at, failures = 0, blocked_until = null;
    perform append_audit(p_actor, 'user.password', 'user', p_user::text, '{}');
    return true;
end
$$;

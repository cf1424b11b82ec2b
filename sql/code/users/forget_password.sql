-- Takes a user's password away; they need a new link to sign in again.
create or replace function forget_password(p_user uuid, p_actor text) returns void
language plpgsql
as $$
begin
    delete from user_credential c where c.user_id = p_user;
    if found then
        perform append_audit(p_actor, 'user.password_removed', 'user', p_user::text, '{}');
    end if;
end
$$;

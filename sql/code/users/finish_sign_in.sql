-- The password was right: nothing counts against the user any more.
create or replace function finish_sign_in(p_user uuid) returns void
language sql
as $$
    update user_credential c set failures = 0, blocked_until = null where c.user_id = p_user
$$;

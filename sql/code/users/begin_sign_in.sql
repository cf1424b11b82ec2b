-- Who tries to sign in with an address: an active user with a password, no row for others. The try counts as wrong until
-- finish_sign_in: the fifth in a row makes the next ones wait, each time twice as long, about an hour at most; whoever
-- has to wait gets no row either. Counting first keeps tries that come at once from passing together.
create or replace function begin_sign_in(p_email text)
returns table (user_id uuid, password_hash text)
language sql
as $$
    update user_credential c
    set failures = c.failures + 1,
        blocked_until = case
            when c.failures >= 4 then now() + interval '1 minute' * 2 ^ least(c.failures - 4, 6) end
    from users u
    where u.id = c.user_id and lower(u.email) = lower(p_email) and u.active
        and coalesce(c.blocked_until, '-infinity') <= now()
    returning u.id, c.password_hash
$$;

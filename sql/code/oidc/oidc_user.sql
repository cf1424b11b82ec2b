-- The user whose address an identity provider vouches for, and whether they may sign in; a user in the bin may not, and is
-- not made anew. No row: nobody has or had the address.
create or replace function oidc_user(p_email text) returns table (user_id uuid, active boolean)
language sql stable
as $$
    select u.id, u.active from users u where lower(u.email) = lower(p_email)
    union all
    select b.record_id, false from bin b where b.object = 'user' and lower(b.data ->> 'email') = lower(p_email)
    order by 2 desc
    limit 1
$$;

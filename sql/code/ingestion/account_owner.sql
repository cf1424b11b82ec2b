-- Whose an account is, if that user is active. By keys, whatever is known of the tables' sizes.
create or replace function account_owner(p_account uuid) returns uuid
language sql stable
as $$
    select u.id
    from (select o.owner_id from accounts o where o.id = p_account offset 0) a
    cross join lateral (select x.id from users x where x.id = a.owner_id and x.active offset 0) u
$$;

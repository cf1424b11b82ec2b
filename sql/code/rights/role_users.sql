-- Who has a role, by name, at most p_limit.
create or replace function role_users(p_role uuid, p_limit integer) returns table (id uuid, name text, active boolean)
language sql stable
as $$
    select u.id, u.name, u.active from users u where u.role_ids @> array[p_role] order by u.name, u.id limit p_limit
$$;

-- Who may give rights: the active users whose roles allow to change roles, by name.
create or replace function administrators() returns table (id uuid, name text, email text)
language sql stable
as $$
    select u.id, u.name, u.email from users u where u.active and is_administrator(u.role_ids) order by u.name, u.id
$$;

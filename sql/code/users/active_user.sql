-- A user who may be signed in; no row for one who left or is in the bin.
create or replace function active_user(p_user uuid) returns table (name text, email text)
language sql stable
as $$
    select u.name, u.email from users u where u.id = p_user and u.active
$$;

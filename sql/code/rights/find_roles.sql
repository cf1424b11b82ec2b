-- Roles by name: all, or the one with that id or name.
create or replace function find_roles(p_id uuid default null, p_name text default null) returns table (id uuid, role jsonb)
language sql stable
as $$
    select r.id, role_json(r.id)
    from role r
    where (p_id is null or r.id = p_id) and (p_name is null or r.name = p_name)
    order by r.name
$$;

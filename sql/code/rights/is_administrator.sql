-- Whether roles allow to change roles, and so everything.
create or replace function is_administrator(p_roles uuid[]) returns boolean
language sql stable
as $$
    select coalesce(bool_or(g.level = 'all'), false)
    from unnest(p_roles) r(id)
    cross join lateral (
        select x.level from role_grant x
        where x.role_id = r.id and x.object in ('role', '*') and x.action = 'edit'
        order by x.object = '*'
        limit 1
    ) g
$$;

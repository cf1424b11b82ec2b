-- Users by name, with what a page of them shows and the caller may see; p_after is the last one of the page before, as [name, id].
create or replace function user_page(p_after_name text, p_after_id uuid, p_limit integer)
returns table (name text, id uuid, item jsonb)
language sql stable
as $$
    select u.name, u.id, shown_fields('user', jsonb_build_object(
        'id', u.id, 'name', u.name, 'email', u.email, 'active', u.active,
        'team', (select t.name from teams t where t.id = u.team_id and may_read('team', t.id)),
        'manager', (select m.name from users m where m.id = u.manager_id),
        'role_ids', (
            select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name) order by r.name), '[]')
            from role r
            where r.id = any (u.role_ids)
        ),
        'has_password', exists (select from user_credential c where c.user_id = u.id),
        'is_blocked', exists (select from user_credential c where c.user_id = u.id and c.blocked_until > now())))
    from users u
    where may_read('user', u.id) and (p_after_id is null or (u.name, u.id) > (p_after_name, p_after_id))
    order by u.name, u.id
    limit p_limit
$$;

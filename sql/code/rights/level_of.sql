-- How far the caller's right to an action on an object reaches: all, team, own or none. Of several roles the widest holds; a user
-- who is not active any more has no rights.
create or replace function level_of(p_object text, p_action text) returns text
language plpgsql stable
as $$
declare
    v_user uuid := nullif(current_setting('tandem.user', true), '')::uuid;
begin
    if not is_restricted() then
        return 'all';
    elsif v_user is not null and not exists (select from users u where u.id = v_user and u.active) then
        return 'none';
    end if;
    return coalesce((
        select g.level
        from unnest(current_setting('tandem.roles')::uuid[]) r(id)
        cross join lateral (
            -- What is no object is a part of Tandem: all of it or nothing.
            select case when x.level = 'all' or exists (
                select from object_description o where o.object = p_object
            ) then x.level else 'none' end as level
            from role_grant x
            where x.role_id = r.id and x.object in (p_object, '*') and x.action = p_action
            order by x.object = '*'
            limit 1
        ) g
        order by array_position(array['all', 'team', 'own', 'none'], g.level)
        limit 1
    ), 'none');
end
$$;

-- Gives a user who is let in to the console the role p_role, if one is named. Without, the first one of all becomes administrator, so that there is somebody
-- who may give rights. Answers the names of the user's roles: with none the user sees nothing. Raises TD001.
create or replace function let_in_user(p_user uuid, p_role uuid, p_actor text) returns text[]
language plpgsql
as $$
declare
    v_roles uuid[];
    v_role uuid := p_role;
    v_failed record;
begin
    select u.role_ids into v_roles from users u where u.id = p_user for update;
    if not found then
        raise exception 'no such user' using errcode = 'TD001';
    elsif p_role is not null and not exists (select from role r where r.id = p_role) then
        raise exception 'no such role' using errcode = 'TD001';
    elsif v_role is null and v_roles = '{}' and not exists (select from administrators()) then
        select r.id into v_role from role r where is_administrator(array[r.id]) order by r.created_at, r.id limit 1;
    end if;
    if v_role is not null and v_role <> all (v_roles) then
        v_roles := v_roles || v_role;
        select w.code, w.detail into v_failed
        from write_records('user', 0::int2, 40::int2, now(), p_actor, 'invite', jsonb_build_array(jsonb_build_object(
            'op', 'update', 'id', p_user, 'data', jsonb_build_object('role_ids', to_jsonb(v_roles))
        ))) w
        where w.outcome = 'error';
        if found then
            raise exception 'the role was not given: %', v_failed.code;
        end if;
    end if;
    return array(select r.name from role r where r.id = any (v_roles) order by r.name);
end
$$;

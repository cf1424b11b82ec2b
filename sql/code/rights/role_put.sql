-- Makes a role (p_id null) or changes what p_body names: {"name"?, "description"?, "grants"?: {object: {action: level}}, "fields"?:
-- {object: {field: none|read|edit}}}; grants and fields replace what was there. Answers the role. Names of objects and fields are
-- checked by the caller. Raises TD001; TD002 at another version; TD003 where the name is taken; TD013 where no user could change roles any more.
create or replace function role_put(p_id uuid, p_body jsonb, p_if_match integer, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_id uuid := coalesce(p_id, uuidv7());
    v_version integer;
    v_holder uuid;
    v_had boolean := exists (select from administrators());
begin
    if p_id is not null then
        select r.version into v_version from role r where r.id = p_id for update;
        if not found then
            raise exception 'no such role' using errcode = 'TD001';
        elsif v_version <> p_if_match then
            raise exception 'the role has changed' using errcode = 'TD002', hint = v_version::text;
        end if;
    end if;
    select r.id into v_holder from role r where r.name = p_body ->> 'name' and r.id <> v_id;
    if found then
        raise exception 'the name is taken' using errcode = 'TD003', detail = jsonb_build_array(v_holder)::text;
    end if;
    if p_id is null then
        insert into role (id, name, description, created_at, updated_at, created_by)
        values (v_id, p_body ->> 'name', p_body ->> 'description', now(), now(), p_actor);
    else
        update role r set
            name = coalesce(p_body ->> 'name', r.name),
            description = case when p_body ? 'description' then p_body ->> 'description' else r.description end,
            version = r.version + 1, updated_at = now()
        where r.id = v_id;
    end if;
    if p_body ? 'grants' then
        delete from role_grant g where g.role_id = v_id;
        insert into role_grant (role_id, object, action, level)
        select v_id, o.key, a.key, a.value from jsonb_each(p_body -> 'grants') o, jsonb_each_text(o.value) a;
    end if;
    if p_body ? 'fields' then
        delete from role_field f where f.role_id = v_id;
        insert into role_field (role_id, object, field, access)
        select v_id, o.key, f.key, f.value from jsonb_each(p_body -> 'fields') o, jsonb_each_text(o.value) f;
    end if;
    if v_had and not exists (select from administrators()) then
        raise exception 'nobody may change roles any more' using errcode = 'TD013',
            detail = 'With this no user could give rights any more. Make another user administrator first.';
    end if;
    perform append_audit(p_actor, case when p_id is null then 'role.create' else 'role.update' end, 'role', v_id::text, p_body);
    return role_json(v_id);
end
$$;

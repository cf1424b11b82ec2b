-- Deletes a role that nobody has. Raises TD001; TD005 with {"users": n, "keys": p_keys, "bi_logins": n} while anybody has it.
create or replace function role_delete(p_id uuid, p_keys integer, p_actor text) returns void
language plpgsql
as $$
declare
    v_users integer := (select count(*) from users u where u.role_ids @> array[p_id]);
    v_logins integer := (select count(*) from bi_grantee g where g.role_id = p_id);
begin
    perform from role r where r.id = p_id for update;
    if not found then
        raise exception 'no such role' using errcode = 'TD001';
    elsif v_users + p_keys + v_logins > 0 then
        raise exception 'the role is in use' using errcode = 'TD005',
            detail = (select jsonb_object_agg(k, n) from (values ('users', v_users), ('keys', p_keys), ('bi_logins', v_logins)) u(k, n) where n > 0)::text;
    end if;
    delete from role_grant g where g.role_id = p_id;
    delete from role_field f where f.role_id = p_id;
    delete from role r where r.id = p_id;
    perform append_audit(p_actor, 'role.delete', 'role', p_id::text, '{}');
end
$$;

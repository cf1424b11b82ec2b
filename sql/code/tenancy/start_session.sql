-- A console session under the hash of its cookie. p_by: what the audit is told of how the user signed in; null: the caller has told it.
create or replace function start_session(
    p_session bytea, p_tenant uuid, p_user uuid, p_actor text, p_valid interval, p_by text
) returns setof tandem.console_session
language plpgsql
as $$
begin
    if p_by is not null then
        perform append_control_audit(p_actor, 'console.sign_in', p_tenant, p_user::text, jsonb_build_object('by', p_by));
    end if;
    delete from tandem.console_session as s where s.expires_at < now();
    return query
        insert into tandem.console_session (sha256, tenant, user_id, actor, expires_at)
        values (p_session, p_tenant, p_user, p_actor, now() + p_valid)
        returning *;
end
$$;

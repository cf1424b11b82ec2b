-- A console session under the hash of its cookie.
create or replace function start_session(
    p_session bytea, p_tenant uuid, p_user uuid, p_actor text, p_valid interval
) returns setof tandem.console_session
language plpgsql
as $$
begin
    delete from tandem.console_session as s where s.expires_at < now();
    return query
        insert into tandem.console_session (sha256, tenant, user_id, actor, expires_at)
        values (p_session, p_tenant, p_user, p_actor, now() + p_valid)
        returning *;
end
$$;

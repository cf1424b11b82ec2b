-- Signs a user out everywhere and ends links that are out; the number of sessions.
create or replace function end_user_sessions(p_tenant uuid, p_user uuid, p_actor text) returns bigint
language plpgsql
as $$
declare
    ended bigint;
begin
    update tandem.sign_in_link as l set used_at = now()
    where l.tenant = p_tenant and l.user_id = p_user and l.used_at is null;
    update tandem.console_session as s set revoked_at = now()
    where s.tenant = p_tenant and s.user_id = p_user and s.revoked_at is null;
    get diagnostics ended = row_count;
    perform append_control_audit(p_actor, 'console.sign_out_everywhere', p_tenant, p_user::text);
    return ended;
end
$$;

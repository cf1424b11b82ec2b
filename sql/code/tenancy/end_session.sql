-- Signs a console session out.
create or replace function end_session(p_session bytea) returns void
language plpgsql
as $$
declare
    v_ended tandem.console_session;
begin
    update tandem.console_session as s set revoked_at = now() where s.sha256 = p_session and s.revoked_at is null
    returning * into v_ended;
    if found then
        perform append_control_audit(v_ended.actor, 'console.sign_out', v_ended.tenant, coalesce(v_ended.user_id::text, ''));
    end if;
end
$$;

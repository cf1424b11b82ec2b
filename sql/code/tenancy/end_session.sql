-- Signs a console session out.
create or replace function end_session(p_session bytea) returns void
language sql
as $$
    update tandem.console_session as s set revoked_at = now() where s.sha256 = p_session and s.revoked_at is null
$$;

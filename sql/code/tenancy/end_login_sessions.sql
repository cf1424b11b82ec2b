-- Ends the sessions of one BI login.
create or replace function end_login_sessions(p_login text) returns void
language plpgsql
as $$
declare
    sessions integer[] := array(select a.pid from pg_stat_activity as a where a.usename = p_login);
begin
    -- tandem_admin inherits nothing: the right to end sessions is taken for this one call.
    perform set_config('role', 'pg_signal_backend', true);
    perform pg_terminate_backend(session) from unnest(sessions) as session;
    perform set_config('role', 'tandem_admin', true);
exception when insufficient_privilege or invalid_parameter_value then
    -- A login that is no member of pg_signal_backend (doctor says so): open sessions end by themselves.
    null;
end
$$;

-- The live session with that hash; its last use is noted at most once a minute.
create or replace function find_session(p_session bytea) returns setof tandem.console_session
language plpgsql
as $$
begin
    update tandem.console_session as s set last_seen_at = now()
    where s.sha256 = p_session and s.last_seen_at < now() - interval '1 minute';
    return query
        select * from tandem.console_session as s
        where s.sha256 = p_session and s.revoked_at is null and s.expires_at > now();
end
$$;

-- The users of a tenant who are signed in: how many browsers, and when one was used last.
create or replace function user_sessions(p_tenant uuid)
returns table (user_id uuid, sessions bigint, last_seen_at timestamptz)
language sql stable
as $$
    select s.user_id, count(*), max(s.last_seen_at)
    from tandem.console_session as s
    where s.tenant = p_tenant and s.user_id is not null and s.revoked_at is null and s.expires_at > now()
    group by s.user_id
$$;

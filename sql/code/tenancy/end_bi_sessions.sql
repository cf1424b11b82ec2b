-- Ends the sessions of the BI logins of a tenant that is not active. In a transaction after the one that closed them, so that none
-- connects in between.
create or replace function end_bi_sessions(p_tenant uuid) returns void
language plpgsql
as $$
declare
    name text;
begin
    for name in
        select l.login
        from tandem.bi_login as l
        join tandem.tenant as t on t.id = l.tenant
        where t.id = p_tenant and t.state <> 'active' and l.revoked_at is null
    loop
        perform end_login_sessions(name);
    end loop;
end
$$;

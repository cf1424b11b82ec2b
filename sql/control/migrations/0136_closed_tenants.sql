-- safety: online
-- suspended_at of a tenant in deletion says that it was suspended before; until now it was set with the deletion too.
update tandem.tenant set suspended_at = null where state = 'deleting' and suspended_at = updated_at;
-- BI logins of tenants that are closed are closed too.
do $$
declare
    name text;
begin
    for name in
        select l.login
        from tandem.bi_login as l
        join tandem.tenant as t on t.id = l.tenant
        where t.state in ('suspended', 'deleting') and l.revoked_at is null and to_regrole(l.login) is not null
    loop
        execute format('alter role %I nologin', name);
    end loop;
end
$$;

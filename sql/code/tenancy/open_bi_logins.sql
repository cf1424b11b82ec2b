-- Whether the BI logins of a tenant may connect.
create or replace function open_bi_logins(p_tenant uuid, p_open boolean) returns void
language plpgsql
as $$
declare
    name text;
begin
    for name in select l.login from tandem.bi_login as l where l.tenant = p_tenant and l.revoked_at is null loop
        if to_regrole(name) is not null then
            execute format('alter role %I %s', name, case when p_open then 'login' else 'nologin' end);
        end if;
    end loop;
end
$$;

-- What must exist before the control plane: the role that owns it and the groups that others are members of.
-- Run by a superuser (embedded server) or by a login with CREATEROLE that may grant CREATE on the database. Idempotent.
do $$
begin
    if not exists (select from pg_roles where rolname = 'tandem_admin') then
        create role tandem_admin nologin noinherit createrole;
    end if;
    if not exists (select from pg_roles where rolname = 'tandem_code_user') then
        create role tandem_code_user nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'tandem_bi') then
        create role tandem_bi nologin;
    end if;
    -- Each grant only where it is missing: a member's membership cache goes stale with every grant.
    if not exists (
        select from pg_auth_members as m
        where m.roleid = 'tandem_bi'::regrole and m.member = 'tandem_admin'::regrole
    ) then
        grant tandem_code_user, tandem_bi to tandem_admin with admin option;
    end if;
    if not pg_has_role(session_user, 'tandem_admin', 'member') then
        execute format('grant tandem_admin to %I', session_user);
    end if;
    if not has_database_privilege('tandem_admin', current_database(), 'create') then
        execute format('grant create on database %I to tandem_admin', current_database());
    end if;
end
$$;

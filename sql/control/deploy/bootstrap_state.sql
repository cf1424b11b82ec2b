-- What this login finds: the roles, whether it may become tandem_admin, and the control plane's ledger.
select to_regrole('tandem_admin') is not null
        and to_regrole('tandem_code_user') is not null
        and to_regrole('tandem_bi') is not null as has_roles,
    coalesce(pg_has_role(session_user, to_regrole('tandem_admin'), 'member'), false) as is_member,
    exists (
        select from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'tandem' and c.relname = 'control_migration') as has_control,
    r.rolsuper as is_superuser,
    r.rolcreaterole as may_create_roles,
    current_database()::text as database,
    current_setting('server_version_num')::integer as server_version
from pg_roles as r
where r.rolname = session_user

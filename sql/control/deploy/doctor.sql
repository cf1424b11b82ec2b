-- One row a check; what it reads, every login may read.
with setting as (
    select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')
),
tenant_schema as (
    select n.oid, n.nspname, n.nspowner, n.nspacl from pg_namespace as n where n.nspname ~ '^t_[0-9a-z]{10}(_[im])?$'
)
select 'durability' as check,
    case when bool_and(setting = 'on' or name = 'synchronous_commit' and setting in ('local', 'remote_write', 'remote_apply'))
        then 'ok' else 'fail' end as result,
    string_agg(name || '=' || setting, ' ' order by name) as detail,
    'alter system reset NAME; select pg_reload_conf(); or doctor --fix' as remedy
from setting
union all
select 'checksums', case when current_setting('data_checksums') = 'on' then 'ok' else 'warn' end,
    'data_checksums=' || current_setting('data_checksums'), 'stop PostgreSQL, then pg_checksums --enable -D CLUSTER'
union all
-- Nobody but a tenant's own roles may enter its schemas, and BI not the internals.
select 'isolation', case when count(*) filter (where not own) = 0 then 'ok' else 'fail' end,
    count(distinct s.oid) || ' schemas; foreign grants: '
        || coalesce(string_agg(distinct s.nspname || ' to ' || grantee, ', ') filter (where not own), 'none'),
    'revoke all on schema NAME from ROLE'
from (
    select s.oid, s.nspname, case when a.grantee = 0 then 'public' else a.grantee::regrole::text end as grantee,
        a.grantee <> 0 and (
            a.grantee::regrole::text in (left(s.nspname, 12) || '_owner', left(s.nspname, 12) || '_app')
            or s.nspname !~ '_i$' and a.grantee::regrole::text ~ ('^' || left(s.nspname, 12) || '_b(i|[0-9]+)$')) as own
    from tenant_schema as s, aclexplode(s.nspacl) as a
) as s
union all
select 'definer-functions', case when count(*) = 0 then 'ok' else 'fail' end,
    'SECURITY DEFINER functions among the procedures: ' || count(*), 'they are none of Tandem''s: drop them'
from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname ~ '^tandem_code(_[0-9a-f]{10})?$' where p.prosecdef
union all
select 'temporary-tables', case when has_database_privilege('tandem_bi', current_database(), 'temporary')
        then 'fail' else 'ok' end,
    'BI logins may ' || case when has_database_privilege('tandem_bi', current_database(), 'temporary')
        then '' else 'not ' end || 'create temporary tables' || case
        when has_database_privilege('tandem_bi', current_database(), 'temporary')
        then format('; its owner closes it: revoke temporary on database %I from public', current_database()) else '' end,
    'doctor --fix closes it on the embedded server, sql/control/bootstrap/harden.sql on another one'
union all
-- Built-in functions that a superuser must close: tandem serve does it for the embedded server.
select 'built-in-functions', case when count(*) = 0 then 'ok' else 'warn' end,
    'open to BI logins: ' || coalesce(string_agg(p.oid::regprocedure::text, ', ')
        || '; a superuser closes each: revoke execute on function … from public', 'none'),
    'doctor --fix closes them on the embedded server, sql/control/bootstrap/harden.sql on another one'
from pg_proc as p
where p.pronamespace = 'pg_catalog'::regnamespace
  and p.proname in ('pg_advisory_lock', 'pg_sleep', 'lo_create', 'lo_from_bytea', 'pg_export_snapshot')
  and has_function_privilege('tandem_bi', p.oid, 'execute')

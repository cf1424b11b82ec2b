-- The functions of the code schema: oid, name, identity for DROP, and the row's place, which changes when it is replaced.
select p.oid::bigint as oid, p.proname::text as name, p.oid::regprocedure::text as identity, p.prokind::text as kind,
    p.ctid::text as version
from pg_proc as p
where p.pronamespace = to_regnamespace('tandem_code')
order by p.proname, p.oid

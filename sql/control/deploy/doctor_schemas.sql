-- What is wrong with tables, indexes and functions of all tenants; one row a check.
with tenant_schema as (
    select n.oid, n.nspname from pg_namespace n where n.nspname ~ '^t_[0-9a-z]{10}(_i)?$'
),
-- Of tables that are large enough for it to matter.
bare_key as (
    select c.oid::regclass::text || ' (' || string_agg(a.attname, ', ' order by k.place) || ')' as name
    from pg_constraint f
    join pg_class c on c.oid = f.conrelid and c.reltuples > 10000
    cross join lateral unnest(f.conkey) with ordinality k(attnum, place)
    join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum
    join pg_class other on other.oid = f.confrelid
    where f.contype = 'f' and f.conparentid = 0 and f.connamespace in (select s.oid from tenant_schema s)
        -- Nodes are never deleted, and keep their ids: nothing looks from them for who refers to them, and ingest need not keep an index.
        and not (other.relname = 'node' and other.relnamespace in (select s.oid from tenant_schema s))
        and not exists (
            select from pg_index i where i.indrelid = f.conrelid and i.indisvalid and i.indkey[0] = any (f.conkey)
        )
    group by f.oid, c.oid
)
select 'foreign-keys' as check, case when count(*) = 0 then 'ok' else 'warn' end as result,
    'without an index: ' || coalesce(string_agg(b.name, '; '), 'none') as detail,
    'each delete or change on the other side reads the whole table: create an index on these columns' as remedy
from bare_key b
union all
select 'indexes', case when count(*) = 0 then 'ok' else 'warn' end,
    'not whole: ' || coalesce(string_agg(i.indexrelid::regclass::text, ', '), 'none'),
    'one was interrupted while it was being made: reindex index concurrently NAME'
from pg_index i
join pg_class c on c.oid = i.indexrelid
where c.relnamespace in (select s.oid from tenant_schema s) and not i.indisvalid
union all
-- The rights of who calls do not matter to them, so the path must not be the caller's either.
select 'search-path', case when count(*) = 0 then 'ok' else 'fail' end,
    'SECURITY DEFINER without a search path of its own: ' || coalesce(string_agg(p.oid::regprocedure::text, ', '), 'none'),
    'alter function NAME set search_path = …, pg_temp; or drop it: Tandem has none of this kind'
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where (n.nspname in ('tandem', 'public') or n.nspname ~ '^tandem_code(_[0-9a-f]{10})?$' or n.oid in (select s.oid from tenant_schema s)) and p.prosecdef
    and not exists (select from unnest(p.proconfig) c where c like 'search_path=%')

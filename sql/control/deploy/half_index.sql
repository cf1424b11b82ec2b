-- How to drop the index of that name in the schemas of the path if it is not valid: what was left of one that was being made.
select format('drop index concurrently if exists %I.%I', n.nspname, c.relname)
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_index as i on i.indexrelid = c.oid
where c.relname = $1 and n.nspname = any (current_schemas(false)) and not i.indisvalid

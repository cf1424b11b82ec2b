-- What a tenant's data consist of: each table with its columns but generated ones, and the statement that copies it out. A partition
-- counts as its table. No name stands in both schemas. Run by the owner.
create or replace function tenant_tables() returns table (relation text, columns text[], copy_out text)
language sql stable
as $$
    select
        c.relname::text, k.columns,
        case c.relkind
            when 'p' then format('copy (select %s from %I.%I) to stdout', k.list, n.nspname, c.relname)
            else format('copy %I.%I (%s) to stdout', n.nspname, c.relname, k.list)
        end
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
        select array_agg(a.attname::text order by a.attnum) as columns, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as list
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    ) k
    where n.nspowner = current_user::regrole and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname
$$;

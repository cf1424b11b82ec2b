-- The foreign keys that point to a relation's id, from the catalog, as a JSON array:
--   {relation, column, child: the column is part of its own primary key, optional: it may be null}
create or replace function references_to(p_relation text) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'relation', t.relname, 'column', a.attname, 'optional', not a.attnotnull,
        'child', exists (
            select from pg_index i
            where i.indrelid = c.conrelid and i.indisprimary and a.attnum = any (i.indkey::smallint[])))
        order by t.relname, a.attname), '[]')
    from pg_constraint c
    join pg_class t on t.oid = c.conrelid
    cross join lateral unnest(c.conkey, c.confkey) k (attnum, target)
    join pg_attribute f on f.attrelid = c.confrelid and f.attnum = k.target and f.attname = 'id'
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
    where c.contype = 'f' and c.confrelid = to_regclass(quote_ident(p_relation))
$$;

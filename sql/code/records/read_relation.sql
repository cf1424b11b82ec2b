-- What describe_relation answers, read from the catalog.
create or replace function read_relation(p_relation regclass) returns jsonb
language plpgsql stable
as $$
begin
    return jsonb_build_object(
        'columns', (
            select jsonb_agg(
                jsonb_build_object(
                    'name', a.attname,
                    'type', format_type(a.atttypid, a.atttypmod),
                    'required', a.attnotnull and d.adbin is null,
                    -- What the table has by itself is of the build that made it.
                    'default', case a.attname
                        when 'normalizer_version' then 'normalizer_version()' else pg_get_expr(d.adbin, d.adrelid) end)
                order by a.attnum)
            from pg_attribute a
            left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''),
        'key', (
            select jsonb_agg(a.attname order by array_position(i.indkey::smallint[], a.attnum))
            from pg_index i
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
            where i.indrelid = p_relation and i.indisprimary),
        'unique', coalesce((
            select jsonb_agg(columns order by columns)
            from (
                select jsonb_agg(a.attname order by a.attname) as columns
                from pg_index i
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
                where i.indrelid = p_relation and i.indisunique and not i.indisprimary
                    and i.indexprs is null
                    -- A key of what is not null is one of all: nulls are never equal.
                    and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname))
                group by i.indexrelid) k
            where not columns ? 'id'), '[]'),
        'links', coalesce((
            select jsonb_agg(jsonb_build_object('column', a.attname, 'relation', t.relname) order by a.attname)
            from pg_constraint c
            join pg_class t on t.oid = c.confrelid
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
            where c.conrelid = p_relation and c.contype = 'f' and cardinality(c.conkey) = 1
                and exists (
                    select from pg_attribute f
                    where f.attrelid = c.confrelid and f.attnum = c.confkey[1] and f.attname = 'id')), '[]'));
end
$$;

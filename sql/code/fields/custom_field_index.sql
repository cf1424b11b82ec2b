-- The index of a custom field: of unique ones a key, of links what finds the records that refer to one. Only of what is not null, so
-- that records without a value cost nothing.
--   make, remove: statements, which cannot run inside a transaction; is_made: it is there and whole
create or replace function custom_field_index(p_object text, p_name text, p_unique boolean)
returns table (make text, remove text, is_made boolean)
language sql stable
as $$
    select
        format(
            'create %sindex concurrently %I on %I.%I (%I) where %I is not null',
            case when p_unique then 'unique ' else '' end, n.name, s.nspname, o.relation, p_name, p_name
        ),
        format('drop index concurrently if exists %I.%I', s.nspname, n.name),
        coalesce((
            select i.indisvalid and i.indisunique = p_unique
            from pg_index i
            where i.indexrelid = to_regclass(format('%I.%I', s.nspname, n.name))
        ), false)
    from object_description o
    join pg_class c on c.oid = to_regclass(quote_ident(o.relation))
    join pg_namespace s on s.oid = c.relnamespace
    cross join lateral (select o.relation || '_' || p_name || case when p_unique then '_key' else '_idx' end as name) n
    where o.object = p_object
$$;

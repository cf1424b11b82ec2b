-- An index of a custom field. p_kind: key, of unique ones; idx, of links, which finds the records that refer to one; trgm, which search
-- reads. Only of what is not null, so that records without a value cost nothing.
--   make, remove: statements, which cannot run inside a transaction; is_made: it is there and whole
create or replace function custom_field_index(p_object text, p_name text, p_kind text)
returns table (make text, remove text, is_made boolean)
language sql stable
as $$
    select
        format(
            case p_kind
                when 'key' then 'create unique index concurrently %I on %I.%I (%I) where %4$I is not null'
                when 'idx' then 'create index concurrently %I on %I.%I (%I) where %4$I is not null'
                when 'trgm' then
                    'create index concurrently %I on %I.%I using gin (%I tandem_text.gin_trgm_ops) where %4$I is not null'
            end, n.name, s.nspname, o.relation, p_name
        ),
        format('drop index concurrently if exists %I.%I', s.nspname, n.name),
        coalesce((
            select i.indisvalid from pg_index i where i.indexrelid = to_regclass(format('%I.%I', s.nspname, n.name))
        ), false)
    from object_description o
    join pg_class c on c.oid = to_regclass(quote_ident(o.relation))
    join pg_namespace s on s.oid = c.relnamespace
    cross join lateral (select o.relation || '_' || p_name || '_' || p_kind as name) n
    where o.object = p_object
$$;

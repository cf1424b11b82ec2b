-- The columns within whose values only one row of a relation may be primary, from its partial unique index; null if it has none.
create or replace function primary_group(p_relation text) returns text[]
language sql stable
as $$
    select (
        select array_agg(a.attname::text order by a.attname)
        from pg_attribute a
        where a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[])
    )
    from pg_index i
    where i.indrelid = to_regclass(quote_ident(p_relation)) and i.indisunique
      and pg_get_expr(i.indpred, i.indrelid) in ('"primary"', 'primary')
    limit 1
$$;

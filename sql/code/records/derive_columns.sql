-- A row as it was or will be, with its generated columns computed from the others: history tells only what was written.
-- The dynamic statement is made of the relation's own expressions, from the catalog.
create or replace function derive_columns(p_relation text, p_row jsonb) returns jsonb
language plpgsql stable
as $$
declare
    v_columns text;
    v_derived jsonb;
begin
    select string_agg(format('%L, %s', a.attname, pg_get_expr(d.adbin, d.adrelid)), ', ')
    into v_columns
    from pg_attribute a
    join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = to_regclass(quote_ident(p_relation)) and a.attgenerated <> '' and not a.attisdropped;
    if v_columns is null then
        return p_row;
    end if;
    execute format('select jsonb_build_object(%s) from jsonb_populate_record(null::%I, $1)', v_columns, p_relation)
    into v_derived using p_row;
    return p_row || v_derived;
end
$$;

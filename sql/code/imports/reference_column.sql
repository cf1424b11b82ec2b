-- Relation and type of a column that a mapping names; TD004 when the object has no such column.
create or replace function reference_column(p_object text, p_field text, out relation text, out type text)
language plpgsql stable
as $$
begin
    select o.relation into reference_column.relation from object_description o where o.object = p_object;
    select format_type(a.atttypid, null) into reference_column.type
    from pg_attribute a
    where a.attrelid = to_regclass(quote_ident(reference_column.relation)) and a.attname = p_field and a.attnum > 0
        and not a.attisdropped;
    if reference_column.type is null then
        raise exception 'no column %.%', p_object, p_field using errcode = 'TD004', detail = jsonb_build_array(
            jsonb_build_object('pointer', '/ref', 'code', 'unknown_field',
                'detail', format('%s has no field %s', p_object, p_field)));
    end if;
end
$$;

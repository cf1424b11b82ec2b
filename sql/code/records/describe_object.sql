-- An object as the write path sees it: its row of object_description and, from the catalog, its columns, keys and links.
--   columns: [{name, required, default, list}]: what a statement may name (generated columns are left out)
--   unique:  [[column, …]]: full unique keys other than the primary one
--   links:   [{column, relation}]: foreign keys of one column
--   state:   what names the statements that the session has prepared of it (is_prepared)
--   rules:   {field: {required, fixed}}: of the tenant's own fields (see check_field_rules); left out where there are none
create or replace function describe_object(p_object text) returns jsonb
language plpgsql stable
as $$
declare
    v_result jsonb;
begin
    select jsonb_strip_nulls(jsonb_build_object('rules', (
            select jsonb_object_agg(f.name, jsonb_build_object(
                'required', f.required and f."default" is null, 'fixed', f.fixed))
            from custom_field f
            where f.object = o.object and not f.hidden and (f.required or f.fixed))))
        || jsonb_build_object(
        'object', o.object, 'relation', o.relation, 'ranked', o.ranked, 'kept_while_used', o.kept_while_used,
        'companions', o.companions, 'soft_unique', to_jsonb(o.soft_unique), 'children', o.children, 'owned', o.owned)
        || describe_relation(o.relation)
    into v_result
    from object_description o
    where o.object = p_object;
    if v_result is null then
        raise exception 'no object %', p_object using errcode = 'TD001';
    end if;
    return v_result;
end
$$;

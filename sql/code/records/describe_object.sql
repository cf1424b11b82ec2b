-- An object as the write path sees it: its row of object_description and, from the catalog, its columns, keys and links.
--   columns: [{name, required, default, list}]: what a statement may name (generated columns are left out)
--   unique:  [[column, …]]: full unique keys other than the primary one
--   links:   [{column, relation}]: foreign keys of one column
--   state:   what names the statements that the session has prepared of it (is_prepared)
--   writable: {column: type}, of what a call may give; needed: names of the columns that a record must have
--   linked:  names of what may be a link: columns, children; made_of: names of its children
--   keyed:   names of the columns of keys, full or soft
--   rules:   {field: {required, fixed}}: of the tenant's own fields (see check_field_rules); left out where there are none
-- Kept by the session like describe_relation's answer, as long as neither the object's row, the tenant's fields nor the relation are others.
create or replace function describe_object(p_object text) returns jsonb
language plpgsql stable
as $$
declare
    v_setting text := 'tandem.object_' || p_object;
    v_state text;
    v_result jsonb;
begin
    -- As relation_state.
    select concat_ws(
        ' ', o.tableoid, o.xmin, (select k.xmin from object_catalog k), c.oid, c.relnatts,
        (select sum(d.oid::bigint) from pg_attrdef d where d.adrelid = c.oid),
        (select sum(i.indexrelid::bigint) from pg_index i where i.indrelid = c.oid),
        (select sum(k.oid::bigint) from pg_constraint k where k.conrelid = c.oid), '')
    into v_state
    from object_description o
    left join pg_class c on c.oid = to_regclass(quote_ident(o.relation))
    where o.object = p_object;
    if v_state is null then
        raise exception 'no object %', p_object using errcode = 'TD001';
    end if;
    if current_setting(v_setting || '_state', true) = v_state then
        return current_setting(v_setting)::jsonb;
    end if;
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
    select v_result || jsonb_build_object(
        'writable', jsonb_object_agg(c ->> 'name', c -> 'type'),
        'needed', coalesce(jsonb_agg(c -> 'name') filter (where (c ->> 'required')::boolean), '[]'),
        'linked', (
            select jsonb_agg(k.name)
            from (
                select l -> 'column' as name from jsonb_array_elements(v_result -> 'links') l
                union all
                select to_jsonb(k) from jsonb_object_keys(v_result -> 'children') k
                union all
                select unnest(array['"object"', '"object_id"']::jsonb[])) k),
        'keyed', (
            select coalesce(jsonb_agg(distinct c), '[]')
            from jsonb_array_elements(v_result -> 'unique' || jsonb_build_array(v_result -> 'soft_unique')) k, jsonb_array_elements(k) c),
        'made_of', (select coalesce(jsonb_agg(k), '[]') from jsonb_object_keys(v_result -> 'children') k))
    into v_result
    from jsonb_array_elements(v_result -> 'columns') c
    where c ->> 'name' not in ('id', 'created_at', 'updated_at', 'created_by', 'version');
    perform set_config(v_setting || '_state', v_state, false), set_config(v_setting, v_result::text, false);
    return v_result;
end
$$;

-- An object as the write path sees it: its row of object_description and, from the catalog, its columns, keys and links.
--   columns: [{name, required, default, list}]: what a statement may name (generated columns are left out)
--   unique:  [[column, …]]: full unique keys other than the primary one
--   links:   [{column, relation}]: foreign keys of one column
--   state:   what names the statements that the session has prepared of it (is_prepared)
--   writable, needed: names of the columns that a call may give, and of those that a record must have
--   linked:  names of the columns that are links; made_of: names of its children
--   rules:   {field: {required, fixed}}: of the tenant's own fields (see check_field_rules); left out where there are none
-- Kept by the session like describe_relation's answer, as long as neither the object's row, the tenant's fields nor the relation are others.
create or replace function describe_object(p_object text) returns jsonb
language plpgsql stable
as $$
declare
    v_setting text := 'tandem.object_' || p_object;
    v_kept text := current_setting(v_setting, true);
    v_state text;
    v_result jsonb;
begin
    select concat_ws(' ', o.tableoid, o.xmin, (select k.xmin from object_catalog k), relation_state(to_regclass(quote_ident(o.relation))), '')
    into v_state
    from object_description o
    where o.object = p_object;
    if v_state is null then
        raise exception 'no object %', p_object using errcode = 'TD001';
    end if;
    if starts_with(v_kept, v_state) then
        return substr(v_kept, length(v_state) + 1)::jsonb;
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
        'writable', jsonb_agg(c -> 'name'),
        'needed', coalesce(jsonb_agg(c -> 'name') filter (where (c ->> 'required')::boolean), '[]'),
        'linked', (select coalesce(jsonb_agg(l -> 'column'), '[]') from jsonb_array_elements(v_result -> 'links') l),
        'made_of', (select coalesce(jsonb_agg(k), '[]') from jsonb_object_keys(v_result -> 'children') k))
    into v_result
    from jsonb_array_elements(v_result -> 'columns') c
    where c ->> 'name' not in ('id', 'created_at', 'updated_at', 'created_by', 'version');
    perform set_config(v_setting, v_state || v_result::text, false);
    return v_result;
end
$$;

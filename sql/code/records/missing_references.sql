-- Per item (its position from 1 as text) the errors of links that lead nowhere (foreign keys of the record and of its children, and a
-- child's `record_id` or the record's own `object_id`, whose object stands beside it), and of those that would make a record stand above itself (accounts, teams,
-- users who report to users).
create or replace function missing_references(p_object jsonb, p_items jsonb[]) returns jsonb
language plpgsql
as $$
declare
    v_query text;
    v_result jsonb;
    v_restricted boolean := is_restricted();
    v_new text[];
    v_name text;
begin
    select string_agg(part, ' union all ') into v_query
    from (
        select format(
            $q$select n, %1$L as pointer, 'unknown_reference' as code from item
            where i -> 'new' ->> %3$L is not null
                and not exists (select from %2$I t where t.id = (i -> 'new' ->> %3$L)::uuid and (i ->> 'op' = 'restore' or %5$s))
                and not (%4$L and i -> 'new' ->> %3$L = any ($2))$q$,
            '/' || (l ->> 'column'), l ->> 'relation', l ->> 'column', l ->> 'relation' = p_object ->> 'relation',
            case when v_restricted then link_condition(l ->> 'relation') else 'true' end) as part
        from jsonb_array_elements(p_object -> 'links') l
        where exists (select from unnest(p_items) i where i -> 'new' ->> (l ->> 'column') is not null)
        union all
        select format(
            $q$select n, %1$L, 'loop' from (
                with recursive above (n, id, next) as (
                    select n, (i ->> 'id')::uuid, (i -> 'new' ->> %3$L)::uuid from item
                    where i -> 'new' ->> %3$L is not null and not i ? 'created'
                    union
                    select a.n, a.id, t.%3$I from above a join %2$I t on t.id = a.next where a.next <> a.id)
                select n from above where next = id) looping$q$,
            '/' || (l ->> 'column'), l ->> 'relation', l ->> 'column')
        from jsonb_array_elements(p_object -> 'links') l
        where l ->> 'relation' = p_object ->> 'relation'
            and exists (select from unnest(p_items) i where i -> 'new' ->> (l ->> 'column') is not null)
        union all
        select format(
            $q$select n, '/%1$s/' || (e.position - 1) || '/%3$s', 'unknown_reference' from item,
                jsonb_array_elements(%4$s) with ordinality e (value, position)
            where e.value ->> %3$L is not null
                and not exists (select from %2$I t where t.id = (e.value ->> %3$L)::uuid and (i ->> 'op' = 'restore' or %5$s))$q$,
            c.key, l ->> 'relation', l ->> 'column',
            format('coalesce(i -> ''data'' -> %1$L, ''[]'') || coalesce(i -> ''add'' -> %1$L, ''[]'')', c.key),
            case when v_restricted then link_condition(
                l ->> 'relation', c.value ->> 'relation', c.value ->> 'parent', l ->> 'column') else 'true' end)
        from jsonb_each(p_object -> 'children') c,
            jsonb_array_elements(describe_relation(c.value ->> 'relation') -> 'links') l
        where l ->> 'column' <> c.value ->> 'parent'
            and exists (select from unnest(p_items) i where i -> 'data' ? c.key or i -> 'add' ? c.key)
        union all
        select format(
            $q$select n, '/%1$s/' || (e.position - 1) || '/record_id', 'unknown_reference' from item,
                jsonb_array_elements(coalesce(i -> 'data' -> %1$L, '[]') || coalesce(i -> 'add' -> %1$L, '[]'))
                    with ordinality e (value, position)
            where e.value ->> 'object' = %2$L
                and not exists (select from %3$I t where t.id = (e.value ->> 'record_id')::uuid and (i ->> 'op' = 'restore' or %4$s))$q$,
            a.child, o.object, o.relation,
            case when v_restricted then link_condition(o.relation, a.relation, a.parent, 'record_id') else 'true' end)
        from (
            select distinct c.key as child, c.value ->> 'relation' as relation, c.value ->> 'parent' as parent, e ->> 'object' as object
            from unnest(p_items) i, jsonb_each(p_object -> 'children') c,
                jsonb_array_elements(coalesce(i -> 'data' -> c.key, '[]') || coalesce(i -> 'add' -> c.key, '[]')) e
            where e ? 'record_id' and e ? 'object') a
        join object_description o using (object)
        union all
        -- A record that is about another names it by object and id.
        select format(
            $q$select n, '/object_id', 'unknown_reference' from item
            where i -> 'new' ?| array['object', 'object_id'] and coalesce(i #>> '{new,object}', i #>> '{old,object}') = %1$L
                and not exists (
                    select from %2$I t where t.id = coalesce(i #>> '{new,object_id}', i #>> '{old,object_id}')::uuid
                        and (i ->> 'op' = 'restore' or %3$s))$q$,
            a.object, o.relation, case when v_restricted then link_condition(o.relation) else 'true' end)
        from (
            select distinct coalesce(i #>> '{new,object}', i #>> '{old,object}') as object from unnest(p_items) i
            where p_object -> 'columns' @> '[{"name": "object_id"}]' and i -> 'new' ?| array['object', 'object_id']) a
        join object_description o using (object)) p;
    if v_query is null then
        return '{}';
    end if;
    v_query := format(
        $q$
        with item as (select i, n from unnest($1) with ordinality u (i, n) where not i ? 'outcome')
        select jsonb_object_agg(n, errors) from (
            select n, jsonb_agg(jsonb_build_object('pointer', pointer, 'code', code, 'detail', case code
                when 'loop' then 'would make the record stand above itself' else 'there is no such record' end)
                order by pointer) as errors
            from (%s) w (n, pointer, code) group by n) e
        $q$, v_query);
    v_new := array(select i ->> 'id' from unnest(p_items) i where i ? 'created' and not i ? 'outcome');
    if v_restricted or cardinality(p_items) > 8 then
        execute v_query into v_result using p_items, v_new;
    else
        v_name := format('links %s %s', p_object ->> 'state', left(md5(v_query), 16));
        if not is_prepared('links_' || (p_object ->> 'relation'), v_name) then
            execute format('prepare %I (jsonb[], text[]) as %s', v_name, v_query);
        end if;
        perform set_config('tandem.items', p_items::text, true);
        execute format('execute %I (current_setting(''tandem.items'')::jsonb[], %L)', v_name, v_new) into v_result;
    end if;
    return coalesce(v_result, '{}');
end
$$;

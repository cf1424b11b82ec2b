-- Per item (its position from 1 as text) the ids of the records that hold a key which the item would take: full unique
-- keys always, soft ones (a contact's e-mail address) only for a new record whose writer does not allow it.
create or replace function taken_keys(p_object jsonb, p_items jsonb[]) returns jsonb
language plpgsql
as $$
declare
    v_keys jsonb;
    v_name text;
    v_query text;
    v_result jsonb;
begin
    select jsonb_agg(jsonb_build_array(k.columns, k.soft)) into v_keys
    from (
        select array(select jsonb_array_elements_text(u)) as columns, false as soft
        from jsonb_array_elements(p_object -> 'unique') u
        union all
        select array[u], true from jsonb_array_elements_text(p_object -> 'soft_unique') u) k
    where exists (select from unnest(p_items) i where i -> 'new' ?| k.columns);
    if v_keys is null then
        return '{}';
    end if;
    v_name := format('keys %s %s', p_object ->> 'state', left(md5(v_keys::text), 16));
    if cardinality(p_items) <= 8 and is_prepared('keys_' || (p_object ->> 'relation'), v_name) then
        perform set_config('tandem.items', p_items::text, true);
        execute format('execute %I (current_setting(''tandem.items'')::jsonb[])', v_name) into v_result;
        return coalesce(v_result, '{}');
    end if;
    select string_agg(format(
        $q$select i.n, t.id
        from item i
        cross join lateral jsonb_populate_record(null::%1$I, coalesce(i.i -> 'old', '{}') || (i.i -> 'new')) r
        join %1$I t on %2$s
        where i.i -> 'new' ?| %3$L and t.id <> (i.i ->> 'id')::uuid and (not %4$L or i.i ? 'created')
            and not (%4$L and coalesce((i.i ->> 'allow_duplicate')::boolean, false))$q$,
        p_object ->> 'relation',
        (select string_agg(format('t.%1$I = r.%1$I', c), ' and ') from unnest(k.columns) c), k.columns, k.soft), ' union all ')
    into v_query
    from (
        select array(select jsonb_array_elements_text(e -> 0)) as columns, (e -> 1)::boolean as soft from jsonb_array_elements(v_keys) e) k;
    v_query := format(
        $q$
        with item as (select i, n from unnest($1) with ordinality u (i, n) where not i ? 'outcome')
        select jsonb_object_agg(n, ids)
        from (select n, jsonb_agg(distinct id) as ids from (%s) k group by n) t
        $q$, v_query);
    if cardinality(p_items) <= 8 then
        execute format('prepare %I (jsonb[]) as %s', v_name, v_query);
    end if;
    execute v_query into v_result using p_items;
    return coalesce(v_result, '{}');
end
$$;

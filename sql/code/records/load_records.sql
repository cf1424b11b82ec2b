-- Locks the records of a wave in id order and adds to each item: id (a new one where there is none), created,
-- old (the record as it is), given (its data in the columns' own types), at, message_id. Items whose record is missing
-- or at another version become errors. The one dynamic statement that reads an object's table by id.
create or replace function load_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[];
    v_writable text[] := array(
        select c ->> 'name' from jsonb_array_elements(p_object -> 'columns') c
        where c ->> 'name' not in ('id', 'created_at', 'updated_at', 'created_by', 'version'));
    v_currency text := nullif(current_setting('tandem.currency', true), '');
    v_new jsonb := case
        when v_currency is not null and 'currency' = any (v_writable) and not (p_object ->> 'ranked')::boolean
        then jsonb_build_object('currency', v_currency) else '{}' end;
    v_name text := 'load ' || (p_object ->> 'state');
    v_statement text;
    v_ids uuid[] := array(
        select distinct (i ->> 'id')::uuid from unnest(p_items) i where i ->> 'id' is not null order by 1);
begin
    if p_object ->> 'object' = 'contact' and (p_context ->> 'rank')::integer = 40 and cardinality(v_ids) > 0 then
        -- The order of locks that ingest has: persons before records.
        perform await_components(array(select l.node from contact_node l where l.contact_id = any (v_ids)));
    end if;
    v_statement := format(
        $q$
        with locked as materialized (
            select t.id, to_jsonb(t) as old from %1$I t where t.id = any ($2) order by t.id for no key update)
        select array_agg(
            i || case when l.id is null then '{"created": true}' else jsonb_build_object('old', l.old) end
            || jsonb_build_object('given', coalesce(g.given, '{}'), 'id', coalesce(i ->> 'id', uuidv7()::text),
                'at', coalesce(i ->> 'at', $4), 'message_id', coalesce(i ->> 'message_id', ''))
            order by n)
        from unnest($1) with ordinality u (i, n)
        left join locked l on l.id = (i ->> 'id')::uuid
        left join lateral (
            select jsonb_object_agg(k.key, r.whole -> k.key) as given
            from (
                select case when l.id is null then $5 else '{}' end || coalesce((
                        select jsonb_object_agg(f.key, f.value) from jsonb_each(i -> 'fill') f
                        where coalesce(l.old -> f.key, 'null') = 'null'), '{}')
                    || coalesce(i -> 'match', '{}') || coalesce(i -> 'data', '{}') as data) d,
                to_jsonb(jsonb_populate_record(null::%1$I, d.data)) r (whole),
                jsonb_object_keys(d.data) k (key)
            where k.key = any ($3)) g on true
        $q$,
        p_object ->> 'relation');
    if cardinality(p_items) > 8 then
        execute v_statement into v_items using p_items, v_ids, v_writable, p_context ->> 'at', v_new;
    else
        if not is_prepared('load_' || (p_object ->> 'relation'), v_name) then
            execute format('prepare %I (jsonb[], uuid[], text[], text, jsonb) as %s', v_name, v_statement);
        end if;
        perform set_config('tandem.items', p_items::text, true);
        execute format(
            'execute %I (current_setting(''tandem.items'')::jsonb[], %L, %L, %L, %L)', v_name, v_ids, v_writable, p_context ->> 'at',
            v_new)
        into v_items;
    end if;
    if is_restricted() then
        v_items := restrict_items(p_object, p_context, v_items);
    end if;
    return refuse_missing(p_object, v_items);
end
$$;

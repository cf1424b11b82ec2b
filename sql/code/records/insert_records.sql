-- Inserts the new records of a wave: one dynamic statement. A column without a value takes its default.
create or replace function insert_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_name text := 'insert ' || (p_object ->> 'state');
    v_few boolean := cardinality(p_items) <= 8;
    v_call constant text := 'execute %I (current_setting(''tandem.items'')::jsonb[], current_setting(''tandem.actor''))';
    v_statement text;
begin
    if not exists (select from unnest(p_items) i where i ? 'created' and not i ? 'outcome') then
        return;
    end if;
    if v_few then
        perform set_config('tandem.items', p_items::text, true), set_config('tandem.actor', p_context ->> 'actor', true);
    end if;
    if v_few and is_prepared('insert_' || (p_object ->> 'relation'), v_name) then
        execute format(v_call, v_name);
        return;
    end if;
    v_statement := format(
        $q$
        insert into %1$I (%2$s)
        select %3$s
        from unnest($1) i
        cross join lateral jsonb_populate_record(null::%1$I,
            jsonb_build_object('created_at', coalesce(i ->> 'created_at', now()::text), 'updated_at', now(),
                'created_by', $2, 'version', 1)
            || (i -> 'new') || jsonb_build_object('id', i -> 'id')) r
        where i ? 'created' and not i ? 'outcome'
        order by r.id
        $q$,
        p_object ->> 'relation',
        (select string_agg(quote_ident(c ->> 'name'), ', ') from jsonb_array_elements(p_object -> 'columns') c),
        (select string_agg(
            case when c ->> 'default' is null then format('r.%I', c ->> 'name')
                else format('coalesce(r.%I, %s)', c ->> 'name', c ->> 'default') end, ', ')
         from jsonb_array_elements(p_object -> 'columns') c));
    if v_few then
        execute format('prepare %I (jsonb[], text) as %s', v_name, v_statement);
        execute format(v_call, v_name);
    else
        execute v_statement using p_items, p_context ->> 'actor';
    end if;
end
$$;

-- load_records and weigh_fields for a wave of records that are new for certain (no item names an id): adds id, created, given, at,
-- message_id, new and claims. Nobody has said anything of them, so all that is given shows. The one statement is made of the relation's
-- own columns.
create or replace function shape_new(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[];
    v_name text := 'shape ' || (p_object ->> 'state');
    v_currency text := nullif(current_setting('tandem.currency', true), '');
    -- What a new record has that is given no other.
    v_base jsonb := case
        when v_currency is not null and p_object -> 'writable' ? 'currency' and not (p_object ->> 'ranked')::boolean
        then jsonb_build_object('currency', v_currency) else '{}' end;
    v_statement text;
begin
    if cardinality(p_items) > 8 or not is_prepared('shape_' || (p_object ->> 'relation'), v_name) then
        v_statement := format(
            $q$
            select array_agg(
                i || jsonb_build_object(
                    'created', true, 'id', uuidv7(), 'at', coalesce(i ->> 'at', $2), 'message_id', coalesce(i ->> 'message_id', ''),
                    'given', g.given, 'new', g.new, 'claims', g.given - %L::text[])
                order by n)
            from unnest($1) with ordinality u (i, n)
            cross join lateral (
                select coalesce(jsonb_object_agg(k.key, r.whole -> k.key), '{}') as given,
                    coalesce(jsonb_object_agg(k.key, r.whole -> k.key) filter (where r.whole -> k.key <> 'null'), '{}') as new
                from (
                    select $3 || coalesce(nullif(i -> 'fill', 'null'), '{}') || coalesce(nullif(i -> 'match', 'null'), '{}')
                        || coalesce(nullif(i -> 'data', 'null'), '{}') as data) d,
                    to_jsonb(jsonb_populate_record(null::%I, d.data)) r (whole),
                    jsonb_object_keys(d.data) k (key)
                where %L::jsonb ? k.key) g
            $q$,
            array(select jsonb_object_keys(p_object -> 'companions')), p_object ->> 'relation', p_object -> 'writable');
    end if;
    if cardinality(p_items) > 8 then
        execute v_statement into v_items using p_items, p_context ->> 'at', v_base;
    else
        if v_statement is not null then
            execute format('prepare %I (jsonb[], text, jsonb) as %s', v_name, v_statement);
        end if;
        perform set_config('tandem.items', p_items::text, true);
        execute format('execute %I (current_setting(''tandem.items'')::jsonb[], %L, %L)', v_name, p_context ->> 'at', v_base)
        into v_items;
    end if;
    if is_restricted() then
        -- Who may do less may be made the owner of what is given none.
        return weigh_fields(p_object, p_context, restrict_items(p_object, p_context, v_items));
    end if;
    return v_items;
end
$$;

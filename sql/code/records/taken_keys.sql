-- Per item (its position from 1 as text) the ids of the records that hold a key which the item would take: full unique
-- keys always, soft ones (a contact's e-mail address) only for a new record whose writer does not allow it.
create or replace function taken_keys(p_object jsonb, p_items jsonb[]) returns jsonb
language plpgsql
as $$
declare
    v_few boolean := cardinality(p_items) <= 8;
    v_name text := 'keys ' || (p_object ->> 'state');
    v_query text;
    v_result jsonb;
begin
    if not exists (select from unnest(p_items) i, jsonb_array_elements_text(p_object -> 'keyed') k where i -> 'new' ? k) then
        return '{}';
    end if;
    if not v_few or not is_prepared('keys_' || (p_object ->> 'relation'), v_name) then
        select string_agg(format(
            $q$select i.n, t.id
            from item i
            %5$s
            join %1$I t on %2$s
            where i.i -> 'new' ?| %3$L and t.id <> (i.i ->> 'id')::uuid and (not %4$L or i.i ? 'created')
                and not (%4$L and coalesce((i.i ->> 'allow_duplicate')::boolean, false))$q$,
            p_object ->> 'relation',
            (select string_agg(
                case when cardinality(k.columns) > 1 then format('t.%1$I = r.%1$I', c.name)
                    else format('t.%1$I = (i.i -> ''new'' ->> %1$L)::%2$s', c.name, p_object -> 'writable' ->> c.name) end, ' and ')
             from unnest(k.columns) c (name)),
            k.columns, k.soft,
            case when cardinality(k.columns) > 1 then format(
                'cross join lateral jsonb_populate_record(null::%I, coalesce(i.i -> ''old'', ''{}'') || (i.i -> ''new'')) r',
                p_object ->> 'relation') end), ' union all ')
        into v_query
        from (
            select array(select jsonb_array_elements_text(u)) as columns, false as soft
            from jsonb_array_elements(p_object -> 'unique') u
            union all
            select array[u], true from jsonb_array_elements_text(p_object -> 'soft_unique') u) k
        -- Of many items all is made anew each time: only what they need.
        where v_few or exists (select from unnest(p_items) i where i -> 'new' ?| k.columns);
        v_query := format(
            $q$
            with item as (select i, n from unnest($1) with ordinality u (i, n) where not i ? 'outcome')
            select jsonb_object_agg(n, ids)
            from (select n, jsonb_agg(distinct id) as ids from (%s) k group by n) t
            $q$, v_query);
    end if;
    if not v_few then
        execute v_query into v_result using p_items;
        return coalesce(v_result, '{}');
    elsif v_query is not null then
        execute format('prepare %I (jsonb[]) as %s', v_name, v_query);
    end if;
    perform set_config('tandem.items', p_items::text, true);
    execute format('execute %I (current_setting(''tandem.items'')::jsonb[])', v_name) into v_result;
    return coalesce(v_result, '{}');
end
$$;

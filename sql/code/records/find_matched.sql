-- Gives every item that has a match the id of the record that it finds. An item whose match finds none keeps no id; one that finds
-- several is an error with their ids. The one dynamic statement per set of matched columns; names come from the catalog.
create or replace function find_matched(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_columns text[];
    v_unknown text;
begin
    for v_columns in
        select distinct array(select k from jsonb_object_keys(i -> 'match') k order by k)
        from unnest(v_items) i where i ? 'match' and not i ? 'id'
    loop
        select c into v_unknown from unnest(v_columns) c
        where not p_object -> 'columns' @> jsonb_build_array(jsonb_build_object('name', c));
        if v_unknown is not null or v_columns = '{}' then
            raise exception 'no column to match: %', v_unknown using errcode = 'TD013';
        end if;
        execute format(
            $q$
            select array_agg(
                case when f.ids is null then i
                    when cardinality(f.ids) = 1 and l.ids is null then (i - 'match') || jsonb_build_object(
                        'id', f.ids[1], 'data', coalesce(i -> 'data', '{}') - $2)
                    when cardinality(f.ids) = 1 then i || jsonb_build_object('id', f.ids[1])
                    else i || jsonb_build_object('outcome', 'error', 'code', 'duplicate',
                        'detail', jsonb_build_object('ids', f.ids)) end
                order by n)
            from unnest($1) with ordinality u (i, n)
            left join lateral (
                select array_agg(t.id order by t.id) as ids
                from jsonb_populate_record(null::%1$I, i -> 'match') r
                join %1$I t on %2$s and %3$s
                where i ? 'match' and not i ? 'id'
                    and array(select k from jsonb_object_keys(i -> 'match') k order by k) = $2) l on true
            -- What merged records were known by leads to what they are now.
            left join lateral (
                select array_agg(distinct t.id) as ids
                from aliased(%4$L, $2[1], array[i -> 'match' ->> $2[1]]) a join %1$I t on t.id = a.id and %3$s
                where l.ids is null and cardinality($2) = 1 and i ? 'match' and not i ? 'id' and i -> 'match' ? $2[1]) m on true
            cross join lateral (select coalesce(l.ids, m.ids) as ids) f
            $q$,
            p_object ->> 'relation',
            (select string_agg(format('t.%1$I = r.%1$I', c), ' and ') from unnest(v_columns) c),
            -- A record that the caller may not read is not found; if it holds a key, that is seen later.
            case when is_restricted() then relation_condition(p_object ->> 'relation') else 'true' end, p_object ->> 'object')
        into v_items using v_items, v_columns;
    end loop;
    return v_items;
end
$$;

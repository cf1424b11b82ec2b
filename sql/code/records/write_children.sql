-- Writes the child arrays of a wave. An array in data replaces the children of its name; one in add joins them. Adds
-- child_changes: {name: [old array, new array]} to items whose children changed. Per name one statement reads and one
-- writes.
create or replace function write_children(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_name text;
    v_child jsonb;
    v_relation jsonb;
    v_key text;
begin
    for v_name, v_child in select c.key, c.value from jsonb_each(p_object -> 'children') c loop
        continue when not exists (
            select from unnest(v_items) i
            where not i ? 'outcome' and (i -> 'data' ? v_name or i -> 'add' ? v_name));
        v_relation := describe_relation(v_child ->> 'relation');
        v_key := (
            select string_agg(format('r.%I', k), ', ') from jsonb_array_elements_text(v_relation -> 'key') k
            where k <> v_child ->> 'parent');
        execute format(
            $q$
            select array_agg(
                case when s.old is not distinct from w.new then i
                    else i || jsonb_build_object('child_changes', coalesce(i -> 'child_changes', '{}')
                        || jsonb_build_object($2, jsonb_build_array(coalesce(s.old, '[]'), coalesce(w.new, '[]')))) end
                order by n)
            from unnest($1) with ordinality u (i, n)
            left join lateral (
                select jsonb_agg(to_jsonb(r) - $3 order by %3$s) as old
                from %1$I r
                where r.%2$I = (i ->> 'id')::uuid and not i ? 'outcome') s on true
            left join lateral (
                select jsonb_agg(to_jsonb(r) - $3 - 'position' order by %3$s) as new
                from (
                    select distinct on (%3$s) r.*
                    from (
                        select e.position, %4$s
                        from jsonb_array_elements(
                            case when i -> 'data' ? $2 then i -> 'data' -> $2 else coalesce(s.old, '[]') end
                                || coalesce(i -> 'add' -> $2, '[]')) with ordinality e (value, position)
                        cross join lateral jsonb_populate_record(null::%1$I,
                            jsonb_build_object($4, e.position) || e.value || jsonb_build_object($3, i -> 'id')) r) r
                    order by %3$s, r.position) r) w on true
            $q$,
            v_child ->> 'relation', v_child ->> 'parent', v_key,
            (select string_agg(
                case when c ->> 'default' is null then format('r.%I', c ->> 'name')
                    else format('coalesce(r.%1$I, %2$s) as %1$I', c ->> 'name', c ->> 'default') end, ', ')
             from jsonb_array_elements(v_relation -> 'columns') c))
        into v_items using v_items, v_name, v_child ->> 'parent', coalesce(v_child ->> 'ordinal', '');
        perform replace_children(v_child, v_relation, v_name, v_items);
    end loop;
    return v_items;
end
$$;

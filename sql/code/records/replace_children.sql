-- Makes the rows of a child relation what child_changes says.
create or replace function replace_children(p_child jsonb, p_relation jsonb, p_name text, p_items jsonb[]) returns void
language plpgsql
as $$
begin
    execute format(
        $q$delete from %1$I t where t.%2$I = any ($1)$q$, p_child ->> 'relation', p_child ->> 'parent')
    using array(
        select (i ->> 'id')::uuid from unnest(p_items) i where i -> 'child_changes' ? p_name and not i ? 'outcome');
    execute format(
        $q$
        insert into %1$I (%2$s)
        select %3$s
        from unnest($1) i
        cross join lateral jsonb_array_elements(i -> 'child_changes' -> $2 -> 1) e
        cross join lateral jsonb_populate_record(null::%1$I, e || jsonb_build_object($3, i -> 'id')) r
        where i -> 'child_changes' ? $2 and not i ? 'outcome'
        $q$,
        p_child ->> 'relation',
        (select string_agg(quote_ident(c ->> 'name'), ', ') from jsonb_array_elements(p_relation -> 'columns') c),
        (select string_agg(format('r.%I', c ->> 'name'), ', ') from jsonb_array_elements(p_relation -> 'columns') c))
    using p_items, p_name, p_child ->> 'parent';
end
$$;

-- Inserts the rows of one relation that the bin kept, where all their links still lead somewhere; answers how many of
-- each record could not come back: {record id: rows}.
create or replace function attach_rows(p_name text, p_relation jsonb, p_items jsonb[]) returns jsonb
language plpgsql
as $$
declare
    v_lost jsonb;
begin
    execute format(
        $q$
        with kept as (
            select i ->> 'id' as id, e.value as row, row_number() over () as n
            from unnest($1) i, jsonb_array_elements(i -> 'children' -> 'rows' -> %1$L) e where not i ? 'outcome'),
        back as (
            insert into %1$I (%2$s)
            select %3$s
            from kept k cross join lateral jsonb_populate_record(null::%1$I, k.row) r
            where %4$s
            order by k.n
            on conflict do nothing
            returning to_jsonb(%1$I) as row)
        select jsonb_object_agg(id, lost)
        from (
            select k.id, count(*) as lost from kept k
            where not exists (select from back b where b.row = k.row) group by k.id) l
        $q$,
        p_name,
        (select string_agg(quote_ident(c ->> 'name'), ', ') from jsonb_array_elements(p_relation -> 'columns') c),
        (select string_agg(format('r.%I', c ->> 'name'), ', ') from jsonb_array_elements(p_relation -> 'columns') c),
        (select coalesce(string_agg(format('(r.%1$I is null or exists (select from %2$I x where x.id = r.%1$I))',
            l ->> 'column', l ->> 'relation'), ' and '), 'true')
         from jsonb_array_elements(p_relation -> 'links') l))
    into v_lost using p_items;
    return coalesce(v_lost, '{}');
end
$$;

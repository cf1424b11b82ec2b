-- Points other records at restored ones again where their reference is still null; answers how many did not take it:
-- {record id: rows}.
create or replace function attach_references(p_name text, p_column text, p_items jsonb[]) returns jsonb
language plpgsql
as $$
declare
    v_lost jsonb;
begin
    execute format(
        $q$
        with kept as (
            select (i ->> 'id')::uuid as id, e.value::uuid as referring
            from unnest($1) i, jsonb_array_elements_text(i -> 'children' -> 'references' -> %1$L -> %2$L) e
            where not i ? 'outcome'),
        back as (
            update %1$I t set %2$I = k.id, version = t.version + 1, updated_at = now()
            from kept k where t.id = k.referring and t.%2$I is null
            returning t.id, k.id as target)
        select jsonb_object_agg(id, lost)
        from (
            select k.id, count(*) as lost from kept k
            where not exists (select from back b where b.id = k.referring and b.target = k.id) group by k.id) l
        $q$, p_name, p_column)
    into v_lost using p_items;
    return coalesce(v_lost, '{}');
end
$$;

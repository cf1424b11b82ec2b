-- Points other records at restored ones again where their reference is still null; answers them, and how many did not take it:
-- {changed: [[id, version, null, record id]], lost: {record id: rows}}.
create or replace function attach_references(p_name text, p_column text, p_items jsonb[]) returns jsonb
language plpgsql
as $$
declare
    v_answer jsonb;
begin
    execute format(
        $q$
        with kept as (
            select (i ->> 'id')::uuid as id, e.value::uuid as referring
            from unnest($1) i, jsonb_array_elements_text(i -> 'children' -> 'references' -> %1$L -> %2$L) e
            where not i ? 'outcome'),
        held as materialized (
            select t.id, k.id as target from kept k join %1$I t on t.id = k.referring
            where t.%2$I is null order by t.id for no key update of t),
        back as (
            update %1$I t set %2$I = h.target, version = t.version + 1, updated_at = now()
            from held h where t.id = h.id
            returning t.id, t.version, h.target)
        select jsonb_build_object(
            'changed', (select coalesce(jsonb_agg(jsonb_build_array(id, version, null, target) order by id), '[]') from back),
            'lost', (
                select coalesce(jsonb_object_agg(id, lost), '{}')
                from (
                    select k.id, count(*) as lost from kept k
                    where not exists (select from back b where b.id = k.referring and b.target = k.id) group by k.id) l))
        $q$, p_name, p_column)
    into v_answer using p_items;
    return v_answer;
end
$$;

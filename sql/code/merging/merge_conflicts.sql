-- The fields in which merged records say different things: {field: {record id: value}}.
create or replace function merge_conflicts(p_object jsonb, p_rows jsonb[]) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_object_agg(f.name, f.said), '{}')
    from (
        select c ->> 'name' as name, jsonb_object_agg(r ->> 'id', r -> (c ->> 'name')) as said
        from jsonb_array_elements(p_object -> 'columns') c
        join unnest(p_rows) r on coalesce(r ->> (c ->> 'name'), '') <> ''
        where (merge_unit(p_object, c ->> 'name') is not null or c ->> 'name' = 'parent_id')
          and not p_object -> 'companions' ? (c ->> 'name') and c ->> 'name' <> 'tags'
        group by c ->> 'name'
        having count(distinct r -> (c ->> 'name')) > 1
    ) f
$$;

-- How many rows of each relation a merge moved, or (p_united) united or changed otherwise: {relation: rows}.
create or replace function count_moved(p_moved jsonb, p_united boolean) returns jsonb
language sql immutable
as $$
    select coalesce(jsonb_object_agg(c.relation, c.rows), '{}')
    from (
        select m.key as relation, sum(case
            when p_united then jsonb_array_length(coalesce(p -> 'rewritten', '[]'))
            else (
                select coalesce(sum(jsonb_array_length(l.value)), 0)
                from jsonb_each(coalesce(p -> 'references', p -> 'rows', '{}')) l
            ) end) as rows
        from jsonb_each(p_moved) m, jsonb_array_elements(m.value) p
        where m.key not in ('contact_node', 'lead_node')
        group by m.key
    ) c
    where c.rows > 0
$$;

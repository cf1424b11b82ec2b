-- A record that was merged away, as it was then; null if none was.
create or replace function merged_image(p_object text, p_id uuid) returns jsonb
language sql stable
as $$
    select x.row
    from record_redirect r
    join record_merge m on m.id = r.merge
    cross join lateral jsonb_array_elements(m.rows) x(row)
    where r.old_id = p_id and r.object = p_object and x.row ->> 'id' = p_id::text
$$;

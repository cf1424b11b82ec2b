-- Those of the records whose history the caller may read; deleted ones by reads_deleted.
create or replace function known_ids(p_object text, p_ids uuid[]) returns table (id uuid)
language sql stable
as $$
    select unnest(readable_ids(p_object, p_ids))
    union
    select b.record_id from bin b
    where b.record_id = any (p_ids) and b.object = p_object and reads_deleted(b.object, b.data)
$$;

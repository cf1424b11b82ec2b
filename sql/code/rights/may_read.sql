-- Whether the caller may read a record. For some few; lists take record_condition.
create or replace function may_read(p_object text, p_id uuid) returns boolean
language sql stable
as $$
    select not is_restricted() or p_id = any (readable_ids(p_object, array[p_id]))
$$;

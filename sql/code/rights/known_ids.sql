-- Those of the records whose history the caller may read: of a deleted one its last owner decides.
create or replace function known_ids(p_object text, p_ids uuid[]) returns table (id uuid)
language sql stable
as $$
    select unnest(readable_ids(p_object, p_ids))
    union
    select b.record_id from bin b
    where b.record_id = any (p_ids) and b.object = p_object and is_within(b.object, 'read', (b.data ->> 'owner_id')::uuid)
        and (b.object <> 'view' or not is_restricted() or b.data -> 'shared' = 'true'
            or b.data ->> 'owner_id' = nullif(current_setting('tandem.user', true), ''))
$$;

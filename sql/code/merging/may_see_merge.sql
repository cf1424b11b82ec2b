-- Whether the caller may read a merge, or (p_action merge) take it back: the record that stayed, and those that went by their last owners.
create or replace function may_see_merge(p_object text, p_winner uuid, p_rows jsonb, p_action text default 'read') returns boolean
language sql stable
as $$
    select not is_restricted() or cardinality(readable_ids(p_object, array[p_winner], p_action)) = 1 and not exists (
        select from jsonb_array_elements(p_rows) x(row) where not is_within(p_object, p_action, (x.row ->> 'owner_id')::uuid)
    )
$$;

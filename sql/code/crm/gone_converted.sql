-- What undoing a conversion says of a record that is not there any more: nothing of a deleted one; one that was merged away stays a part of
-- what it was merged into: [{"kind": "kept", "object", "id", "merged_into", "name", "reason": "merged"}].
create or replace function gone_converted(p_object text, p_id uuid) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'kind', 'kept', 'object', p_object, 'id', p_id, 'merged_into', r.new_id, 'name', record_name(merged_image(p_object, p_id)),
        'reason', 'merged'
    )), '[]')
    from record_redirect r
    where r.old_id = p_id and r.object = p_object
$$;

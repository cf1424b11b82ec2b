-- An activity as a timeline shows it, without what the caller may not see of it; may_edit: whether the caller may change it.
create or replace function activity_json(p_id uuid) returns jsonb
language sql stable
as $$
    select shown_fields('activity', jsonb_build_object(
        'id', a.id, 'type', a.type, 'direction', a.direction, 'status', a.status, 'subject', a.subject, 'body', a.body,
        'at', iso_time(coalesce(a.started_at, a.ended_at, a.due_at, a.created_at)), 'outcome', a.outcome, 'source', a.source,
        'duration_s', a.duration_s, 'due_at', iso_time(a.due_at), 'due_date', a.due_date, 'priority', a.priority, 'recurrence', a.recurrence, 'owner', u.name,
        'may_edit', is_within('activity', 'edit', a.owner_id),
        'may_delete', is_within('activity', 'delete', a.owner_id)
    ))
    from activities a
    left join users u on u.id = a.owner_id and may_read('user', u.id)
    where a.id = p_id
$$;

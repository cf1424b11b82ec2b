-- A lead as a list shows it, without what the caller may not see of it; may_edit: whether the caller may change it.
create or replace function lead_json(p_id uuid) returns jsonb
language sql stable
as $$
    select shown_fields('lead', jsonb_build_object(
        'id', d.id, 'name', nullif(concat_ws(' ', d.first_name, d.last_name), ''), 'company', d.company, 'title', d.title,
        'email', d.email, 'phone', d.phone, 'website', d.website, 'status', d.status, 'source', d.source, 'campaign', d.campaign,
        'message', d.message, 'score', d.score, 'profile', d.profile_id, 'owner', u.name, 'created_at', iso_time(d.created_at),
        'may_edit', is_within('lead', 'edit', d.owner_id), 'may_take', may_take('lead', d.owner_id)
    ))
    from leads d
    left join users u on u.id = d.owner_id and may_read('user', u.id)
    where d.id = p_id
$$;

-- A ticket as a list shows it, without what the caller may not see of it; may_edit: whether the caller may change it.
create or replace function ticket_json(p_id uuid) returns jsonb
language sql stable
as $$
    select shown_fields('ticket', jsonb_build_object(
        'id', t.id, 'subject', t.subject, 'body', t.body, 'status', t.status, 'priority', t.priority, 'channel', t.channel,
        'account_id', t.account_id, 'account', a.name, 'contact', coalesce(
            case when shows_field('contact', 'name') then c.name end, case when shows_field('contact', 'email') then c.email end,
            case when shows_field('contact', 'phone') then c.phone end
        ), 'profile', case when shows_field('contact', 'profile_id') then c.profile_id end,
        'owner', u.name, 'created_at', iso_time(t.created_at), 'solved_at', iso_time(t.solved_at),
        'may_edit', is_within('ticket', 'edit', t.owner_id), 'may_take', may_take('ticket', t.owner_id)
    ))
    from tickets t
    left join accounts a on a.id = t.account_id and may_read('account', a.id)
    left join contacts c on c.id = t.contact_id and may_read('contact', c.id)
    left join users u on u.id = t.owner_id and may_read('user', u.id)
    where t.id = p_id
$$;

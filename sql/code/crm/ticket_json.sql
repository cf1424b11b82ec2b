-- A ticket as a list shows it.
create or replace function ticket_json(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'id', t.id, 'subject', t.subject, 'body', t.body, 'status', t.status, 'priority', t.priority, 'channel', t.channel,
        'account_id', t.account_id, 'account', a.name, 'contact', coalesce(c.name, c.email, c.phone), 'profile', c.profile_id,
        'owner', u.name, 'created_at', iso_time(t.created_at), 'solved_at', iso_time(t.solved_at)
    )
    from tickets t
    left join accounts a on a.id = t.account_id
    left join contacts c on c.id = t.contact_id
    left join users u on u.id = t.owner_id
    where t.id = p_id
$$;

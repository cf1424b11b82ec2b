-- An opportunity as a list shows it, with the stages that its history proves, without what the caller may not see of it; may_edit: whether
-- the caller may change it.
create or replace function opportunity_json(p_id uuid) returns jsonb
language sql stable
as $$
    select shown_fields('opportunity', jsonb_build_object(
        'id', o.id, 'name', o.name, 'account_id', o.account_id, 'account', a.name, 'stage', s.name, 'status', o.status,
        'amount', o.amount::text, 'currency', o.currency, 'close_date', o.close_date, 'owner', u.name,
        'created_at', iso_time(o.created_at), 'probability', o.probability::float8,
        'stages', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'stage', x.name, 'status', x.status, 'at', iso_time(h.entered_at)
            ) order by h.seq), '[]')
            from opportunity_stages h
            join stages x on x.id = h.stage_id
            where h.opportunity_id = o.id
        ),
        'may_edit', is_within('opportunity', 'edit', o.owner_id), 'may_take', may_take('opportunity', o.owner_id)
    ))
    from opportunities o
    join stages s on s.id = o.stage_id
    left join accounts a on a.id = o.account_id and may_read('account', a.id)
    left join users u on u.id = o.owner_id and may_read('user', u.id)
    where o.id = p_id
$$;

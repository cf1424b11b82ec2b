-- An opportunity as a list shows it, with the stages that its history proves.
create or replace function opportunity_json(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
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
        )
    )
    from opportunities o
    join stages s on s.id = o.stage_id
    left join accounts a on a.id = o.account_id
    left join users u on u.id = o.owner_id
    where o.id = p_id
$$;

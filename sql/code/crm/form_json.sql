-- A form as a list shows it.
create or replace function form_json(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'id', f.id, 'name', f.name, 'makes_leads', f.makes_leads, 'lead_source', f.lead_source, 'campaign', f.campaign,
        'account_owner', f.account_owner, 'owner', u.name, 'team', t.name, 'submission_count', f.submission_count,
        'lead_count', f.lead_count, 'last_submitted_at', iso_time(f.last_submitted_at)
    )
    from forms f
    left join users u on u.id = f.owner_id and may_read('user', u.id)
    left join teams t on t.id = f.team_id
    where f.id = p_id
$$;

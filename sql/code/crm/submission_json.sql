-- A submission of a form as API and console show it.
create or replace function submission_json(p_event uuid) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select jsonb_build_object(
            'id', s.event_id, 'form', s.form, 'at', iso_time(s.at), 'source', o.name, 'message_id', s.message_id,
            'outcome', s.outcome, 'reason', s.reason, 'lead_id', s.lead_id, 'owner_id', s.owner_id, 'owner', u.name,
            'profile_id', c.profile_id, 'page', s.page, 'referrer', s.referrer, 'campaign', s.campaign,
            'fields', coalesce((
                select e.payload -> 'properties' -> 'fields'
                from event_log e
                where e.node = s.node and e.ts = s.at and e.event_id = s.event_id
                limit 1
            ), '{}'),
            'consent', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'purpose', p.key, 'given', p.value, 'text', t.proof -> 'text'
                ) order by t.seq), '[]')
                from consent_statement t
                cross join lateral jsonb_each(t.categories) p
                where t.node = s.node and t.ts = s.at and t.message_id = s.message_id and t.proof is not null
            )
        )
        from form_submission s
        left join source o on o.id = s.source
        left join users u on u.id = s.owner_id
        left join node n on n.id = s.node
        left join component c on c.label = n.component
        where s.event_id = p_event
    );
end
$$;

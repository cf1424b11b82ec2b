-- A lead as its page shows it: with its submissions, and its fields with the sources of each (the value that is shown first).
-- Raises TD001.
create or replace function lead_page(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_lead jsonb := lead_json(p_id);
begin
    perform require_right('lead', p_id, 'read');
    if v_lead is null then
        raise exception 'no such lead' using errcode = 'TD001';
    end if;
    return v_lead || jsonb_build_object(
        'matches', case when v_lead ->> 'status' not in ('converted', 'disqualified') then lead_matches(p_id) end,
        'became', (
            select jsonb_build_object(
                'at', iso_time(l.converted_at),
                'account', case when a.id is not null and may_read('account', a.id) then jsonb_build_object('id', a.id, 'name', a.name) end,
                'contact', case when c.id is not null and may_read('contact', c.id) then jsonb_build_object('id', c.id, 'name', coalesce(contact_json(c.id) ->> 'name', contact_json(c.id) ->> 'email')) end,
                'opportunity', case when o.id is not null and may_read('opportunity', o.id) then jsonb_build_object('id', o.id, 'name', o.name) end
            )
            from leads l
            left join accounts a on a.id = l.converted_account_id
            left join contacts c on c.id = l.converted_contact_id
            left join opportunities o on o.id = l.converted_opportunity_id
            where l.id = p_id and l.status = 'converted'
        ),
        'person', (
            select person_label(d.profile_id) from leads d where d.id = p_id and d.profile_id is not null and level_of('profile', 'read') = 'all'
        ),
        'submissions', (
            select coalesce(jsonb_agg(s.submission || jsonb_build_object(
                'form_id', f.id, 'fields', named_values(s.submission -> 'fields'),
                'campaign', named_values(s.submission -> 'campaign')
            ) order by s.at desc, s.id desc), '[]')
            from form_submissions(null, p_id, null, null, 20) s
            left join forms f on f.name = s.submission ->> 'form'
            -- What was typed is the lead's fields by other names.
            where hidden_fields('lead') = '{}'
        ),
        'sources', record_sources('lead', p_id)
    );
end
$$;

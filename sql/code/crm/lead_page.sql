-- A lead as its page shows it: with its submissions, and its fields with the sources of each (the value that is shown first).
-- Raises TD001.
create or replace function lead_page(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_lead jsonb := lead_json(p_id);
begin
    if v_lead is null then
        raise exception 'no such lead' using errcode = 'TD001';
    end if;
    return v_lead || jsonb_build_object(
        'person', (
            select person_label(d.profile_id) from leads d where d.id = p_id and d.profile_id is not null
        ),
        'submissions', (
            select coalesce(jsonb_agg(s.submission || jsonb_build_object(
                'form_id', f.id, 'fields', named_values(s.submission -> 'fields'),
                'campaign', named_values(s.submission -> 'campaign')
            ) order by s.at desc, s.id desc), '[]')
            from form_submissions(null, p_id, null, null, 20) s
            left join forms f on f.name = s.submission ->> 'form'
        ),
        'sources', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'field', f.field,
                'value', case f.field
                    when 'owner_id' then (select u.name from users u where u.id::text = f.value #>> '{}')
                    else f.value #>> '{}'
                end,
                'at', iso_time(f.at), 'actor', f.actor, 'source', case when f.source = 0 then null else s.name end
            ) order by f.field, f.rank desc, f.at desc, f.message_id desc), '[]')
            from field_source f
            left join source s on s.id = f.source
            where f.record_id = p_id and f.object = 'lead'
        )
    );
end
$$;

-- A form as its page shows it: with how many of its submissions had which outcome (and reason), and a page of submissions
-- behind (p_before_at, p_before_id). Raises TD001.
create or replace function form_page(p_id uuid, p_before_at timestamptz, p_before_id uuid, p_limit int4) returns jsonb
language plpgsql stable
as $$
declare
    v_form jsonb := form_json(p_id);
begin
    perform require_right('form', p_id, 'read');
    if v_form is null then
        raise exception 'no such form' using errcode = 'TD001';
    end if;
    return v_form || jsonb_build_object(
        'outcomes', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'outcome', o.outcome, 'reason', o.reason, 'count', o.number
            ) order by o.number desc, o.outcome, o.reason), '[]')
            from (
                select s.outcome, s.reason, count(*) as number
                from form_submission s
                where s.form = v_form ->> 'name'
                group by s.outcome, s.reason
            ) o
        ),
        'submissions', (
            select coalesce(jsonb_agg(
                s.submission || jsonb_build_object(
                    'lead', lead_json((s.submission ->> 'lead_id')::uuid),
                    'fields', named_values(s.submission -> 'fields'), 'campaign', named_values(s.submission -> 'campaign')
                )
                order by s.at desc, s.id desc
            ), '[]')
            from form_submissions(p_id, null, p_before_at, p_before_id, p_limit) s
            -- What was typed is told to those alone who see the lead it made, whole.
            where not is_restricted() or level_of('lead', 'read') <> 'none' and hidden_fields('lead') = '{}' and (
                case when s.submission ->> 'lead_id' is null then level_of('lead', 'read') = 'all'
                else may_read('lead', (s.submission ->> 'lead_id')::uuid) end
            )
        )
    );
end
$$;

-- The submissions of one form or those of one lead (the other is null), newest first, behind (p_before_at, p_before_id) if given.
-- Raises TD001 for a form or lead that is not there.
create or replace function form_submissions(
    p_form uuid, p_lead uuid, p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (at timestamptz, id uuid, submission jsonb)
language plpgsql stable
as $$
declare
    v_form text := (select f.name from forms f where f.id = p_form);
begin
    if v_form is null and not exists (select from leads l where l.id = p_lead) then
        raise exception 'no such form or lead' using errcode = 'TD001';
    end if;
    if v_form is not null then
        return query
        select s.at, s.event_id, submission_json(s.event_id)
        from form_submission s
        where s.form = v_form and (p_before_at is null or (s.at, s.event_id) < (p_before_at, p_before_id))
        order by s.at desc, s.event_id desc
        limit p_limit;
    else
        return query
        select s.at, s.event_id, submission_json(s.event_id)
        from form_submission s
        where s.lead_id = p_lead and (p_before_at is null or (s.at, s.event_id) < (p_before_at, p_before_id))
        order by s.at desc, s.event_id desc
        limit p_limit;
    end if;
end
$$;

-- What became of the form that an event submitted; null: it submitted none.
create or replace function event_submission(p_event_id uuid) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select jsonb_build_object('form', s.form, 'outcome', s.outcome, 'reason', s.reason, 'lead_id', s.lead_id)
        from form_submission s
        where s.event_id = p_event_id
    );
end
$$;

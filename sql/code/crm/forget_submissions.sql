-- Forgets the submissions of these events (those with a p_form) that made nothing, so that place_form decides them anew. Answers
-- how many. The caller holds the lock of forms.
create or replace function forget_submissions(p_event_id uuid[], p_form jsonb[]) returns int4
language sql
as $$
    with gone as (
        delete from form_submission s
        using unnest(p_event_id, p_form) u(event_id, form)
        where s.event_id = u.event_id and u.form is not null and s.outcome = 'none'
        returning s.event_id, s.form, s.node, s.at, s.message_id
    ), unsaid as (
        -- place_form says them again.
        delete from consent_statement c
        using gone g
        where c.node = g.node and c.ts = g.at and c.message_id = g.message_id and c.proof ->> 'event_id' = g.event_id::text
    ), counted as (
        update forms f
        set submission_count = f.submission_count - n.count
        from (select g.form, count(*) as count from gone g group by g.form) n
        where f.name = n.form
    )
    select count(*)::int4 from gone
$$;

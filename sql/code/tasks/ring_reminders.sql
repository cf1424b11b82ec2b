-- Rings the reminders whose moment has come, each once, whichever server comes first. Answers what a channel that sends needs; the console's
-- stand among rung_reminders from then on.
create or replace function ring_reminders(p_now timestamptz, p_limit int4)
returns table (activity_id uuid, owner_id uuid, minutes integer, channel text)
language plpgsql
as $$
begin
    -- What was deleted or is not planned any more rings no more.
    delete from reminder r
    where r.at <= p_now and r.sent_at is null
        and not exists (select from activities a where a.id = r.activity_id and a.status = 'planned');
    return query
    with due as (
        select r.activity_id, r.minutes, r.channel
        from reminder r
        where r.at <= p_now and r.sent_at is null
        order by r.at
        limit p_limit
        for update skip locked
    ), rung as (
        update reminder r set sent_at = p_now
        from due d
        where (r.activity_id, r.minutes, r.channel) = (d.activity_id, d.minutes, d.channel)
        returning r.activity_id, r.minutes, r.channel
    )
    select g.activity_id, a.owner_id, g.minutes, g.channel
    from rung g join activities a on a.id = g.activity_id;
end
$$;

-- Brings the reminders of activities to what they say now: of what is planned, each rings at its moment; one whose moment moved rings again;
-- what is not planned any more rings no more. What is due on a day counts from nine o'clock of that day where its owner is.
create or replace function settle_reminders(p_ids uuid[]) returns void
language plpgsql
as $$
begin
    if cardinality(p_ids) = 0 then
        return;
    end if;
    delete from reminder r
    where r.activity_id = any (p_ids) and not exists (
        select from activity_reminders c join activities a on a.id = c.activity_id
        where (c.activity_id, c.minutes, c.channel) = (r.activity_id, r.minutes, r.channel)
            and a.status = 'planned' and coalesce(a.due_at, a.due_date) is not null
    );
    insert into reminder as r (activity_id, minutes, channel, at)
    select c.activity_id, c.minutes, c.channel,
        coalesce(a.due_at, (a.due_date + time '09:00') at time zone task_zone(a.owner_id)) - make_interval(mins => c.minutes)
    from activity_reminders c join activities a on a.id = c.activity_id
    where c.activity_id = any (p_ids) and a.status = 'planned' and coalesce(a.due_at, a.due_date) is not null
    order by 1, 2, 3
    on conflict (activity_id, minutes, channel) do update
    set at = excluded.at, sent_at = null, seen_at = null
    where r.at <> excluded.at;
end
$$;

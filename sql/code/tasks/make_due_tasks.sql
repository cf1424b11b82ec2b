-- Makes the next ones of series that go on at their time, whether the one before is done or not; what is due on a day, behind the midnight that
-- ends it where its owner is. Answers how many were made. Of servers at the same time one makes each.
create or replace function make_due_tasks(p_now timestamptz, p_limit int4) returns bigint
language plpgsql
as $$
declare
    v_made bigint := 0;
    v_id uuid;
begin
    for v_id in
        select a.id
        from activities a
        join task_occurrence o on o.activity_id = a.id
        where a.recurs_when = 'due' and a.recurrence is not null and a.status in ('planned', 'done')
            and coalesce(a.due_at, (a.due_date + 1)::timestamp at time zone task_zone(a.owner_id)) <= p_now
            and not exists (select from task_occurrence n where n.series_id = o.series_id and n.at > o.at)
            and recurrence_next(a.recurrence, o.starts, o.at, task_zone(a.owner_id)) is not null
        order by a.id
        limit p_limit
        for update of o skip locked
    loop
        v_made := v_made + (make_next_task(v_id, 'system', p_now) is not null)::integer;
    end loop;
    return v_made;
end
$$;

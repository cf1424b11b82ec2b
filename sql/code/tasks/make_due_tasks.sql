-- Makes the next ones of series that go on at their time, whether the one before is done or not; what is due on a day, behind the midnight that
-- ends it where its owner is. Answers how many were made. Of servers at the same time one makes each. A series whose next task cannot be made
-- keeps none of the others waiting: why is noted with it and in the log, and it is tried again an hour later.
create or replace function make_due_tasks(p_now timestamptz, p_limit int4) returns bigint
language plpgsql
as $$
declare
    v_made bigint := 0;
    v_task record;
    v_why text;
    v_detail text;
begin
    for v_task in
        select a.id, o.failed_at is not null as has_failed
        from activities a
        join task_occurrence o on o.activity_id = a.id
        where a.recurs_when = 'due' and a.recurrence is not null and a.status in ('planned', 'done')
            and coalesce(a.due_at, (a.due_date + 1)::timestamp at time zone task_zone(a.owner_id)) <= p_now
            and not exists (select from task_occurrence n where n.series_id = o.series_id and n.at > o.at)
            and coalesce(o.failed_at + interval '1 hour', '-infinity') <= p_now
            and recurrence_next(a.recurrence, o.starts, o.at, task_zone(a.owner_id)) is not null
        order by a.id
        limit p_limit
        for update of o skip locked
    loop
        begin
            v_made := v_made + (make_next_task(v_task.id, 'system', p_now) is not null)::integer;
            if v_task.has_failed then
                update task_occurrence o set failed_at = null, failure = null where o.activity_id = v_task.id;
            end if;
        exception
            -- Others were in the way: the next look tries again.
            when serialization_failure or deadlock_detected then null;
            when others then
                get stacked diagnostics v_why = message_text, v_detail = pg_exception_detail;
                v_why := coalesce(nullif(v_detail, ''), v_why);
                update task_occurrence o set failed_at = p_now, failure = left(v_why, 1000) where o.activity_id = v_task.id;
                raise warning 'the task that follows % cannot be made: %', v_task.id, v_why;
        end;
    end loop;
    return v_made;
end
$$;

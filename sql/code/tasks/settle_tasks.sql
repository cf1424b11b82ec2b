-- What follows from a wave of written activities: reminders are set anew; a new rule begins a series; a task that was done makes the next one,
-- and one that is to be done again takes back the next one that nobody has touched.
create or replace function settle_tasks(p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_task record;
begin
    perform settle_reminders(array(
        select (i ->> 'id')::uuid from unnest(p_items) i
        where i ->> 'outcome' in ('created', 'updated')
            and i -> 'changes' ?| array['reminders', 'due_at', 'due_date', 'owner_id', 'status']
            and (i -> 'changes' ? 'reminders' or exists (
                select from activity_reminders c where c.activity_id = (i ->> 'id')::uuid))
        order by 1
    ));
    if p_context ->> 'cause' = 'recurrence' then
        return;
    end if;
    for v_task in
        select a.id, i -> 'changes' as changes, i #>> '{old,status}' as was, a.status, a.recurs_when
        from unnest(p_items) with ordinality u (i, n)
        join activities a on a.id = (i ->> 'id')::uuid
        where i ->> 'outcome' in ('created', 'updated') and i -> 'changes' ?| array['recurrence', 'status']
            and (a.recurrence is not null or i -> 'changes' ? 'recurrence')
        order by n
    loop
        if v_task.changes ? 'recurrence' then
            delete from task_occurrence o where o.activity_id = v_task.id;
            insert into task_occurrence (series_id, at, starts, activity_id)
            select uuidv7(), l.at, l.at, a.id
            from activities a
            cross join lateral (
                select coalesce(a.due_at at time zone task_zone(a.owner_id), a.due_date::timestamp) as at
            ) l
            where a.id = v_task.id and a.recurrence is not null;
        end if;
        if v_task.changes ? 'status' and v_task.status = 'done' and coalesce(v_task.recurs_when, 'done') = 'done' then
            perform make_next_task(v_task.id, p_context ->> 'actor', now());
        elsif v_task.changes ? 'status' and v_task.was = 'done' and v_task.status = 'planned' then
            perform unmake_next_task(v_task.id, p_context ->> 'actor');
        end if;
    end loop;
end
$$;

-- Makes the task that follows one of a series, on the first date of the rule behind its own that is not past: with the same words, owner, links
-- and reminders. Answers its id; null where the series has ended, or the next one is there. Of callers at the same time one makes it.
create or replace function make_next_task(p_id uuid, p_actor text, p_now timestamptz) returns uuid
language plpgsql
as $$
declare
    v_task record;
    v_next timestamp;
    v_data jsonb;
    v_made record;
begin
    select to_jsonb(a) as data, a.recurrence, a.due_at is null as is_of_day, z.zone, o.series_id, o.at, o.starts
    into v_task
    from task_occurrence o
    join activities a on a.id = o.activity_id
    cross join lateral task_zone(a.owner_id) z (zone)
    where o.activity_id = p_id and a.recurrence is not null;
    if not found or exists (select from task_occurrence n where n.series_id = v_task.series_id and n.at > v_task.at) then
        return null;
    end if;
    v_next := recurrence_next(v_task.recurrence, v_task.starts, greatest(
        v_task.at,
        case
            when v_task.is_of_day then date_trunc('day', p_now at time zone v_task.zone) - interval '1 microsecond'
            else p_now at time zone v_task.zone
        end
    ), v_task.zone);
    if v_next is null then
        return null;
    end if;
    insert into task_occurrence (series_id, at, starts) values (v_task.series_id, v_next, v_task.starts) on conflict do nothing;
    if not found then
        return null;
    end if;
    v_data := jsonb_strip_nulls(v_task.data - array[
        'id', 'external_id', 'created_at', 'updated_at', 'created_by', 'version', 'status', 'started_at', 'ended_at', 'due_at', 'due_date',
        'duration_s', 'outcome', 'thread_id', 'recording_url'
    ] - array(select f.name from custom_field f where f.object = 'activity' and f."unique"))
        || jsonb_build_object(
            'status', 'planned',
            'links', (
                select coalesce(jsonb_agg(jsonb_build_object('object', l.object, 'record_id', l.record_id, 'role', l.role)), '[]')
                from activity_links l where l.activity_id = p_id
            ),
            'reminders', (
                select coalesce(jsonb_agg(jsonb_build_object('minutes', r.minutes, 'channel', r.channel)), '[]')
                from activity_reminders r where r.activity_id = p_id
            )
        )
        || case
            when v_task.is_of_day then jsonb_build_object('due_date', v_next::date)
            else jsonb_build_object('due_at', iso_time(v_next at time zone v_task.zone))
        end;
    select w.id, w.outcome, w.code, w.detail into v_made
    from write_records(
        'activity', 0::int2, 40::int2, p_now, p_actor, 'recurrence', jsonb_build_array(jsonb_build_object('op', 'create', 'data', v_data))
    ) w;
    if v_made.outcome <> 'created' then
        raise exception 'the next task was not made: % %', v_made.code, v_made.detail using errcode = 'TD013',
            detail = 'The next task of the series cannot be made: ' || coalesce(v_made.detail::text, v_made.code);
    end if;
    update task_occurrence o set activity_id = v_made.id where o.series_id = v_task.series_id and o.at = v_next;
    return v_made.id;
end
$$;

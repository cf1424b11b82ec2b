-- Puts the task that followed one of a series into the bin, if nobody has touched it since.
create or replace function unmake_next_task(p_id uuid, p_actor text) returns void
language plpgsql
as $$
declare
    v_next record;
begin
    select n.series_id, n.at, n.activity_id into v_next
    from task_occurrence o
    join task_occurrence n on n.series_id = o.series_id and n.at > o.at
    join activities a on a.id = n.activity_id and a.version = 1 and a.status = 'planned'
    where o.activity_id = p_id
    order by n.at
    limit 1;
    if v_next.activity_id is null then
        return;
    end if;
    delete from task_occurrence o where o.series_id = v_next.series_id and o.at = v_next.at;
    perform write_records(
        'activity', 0::int2, 40::int2, now(), p_actor, 'recurrence',
        jsonb_build_array(jsonb_build_object('op', 'delete', 'id', v_next.activity_id)));
end
$$;

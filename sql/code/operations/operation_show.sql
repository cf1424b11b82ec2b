-- An operation as the API shows it; null: there is none of that id.
create or replace function operation_show(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'id', o.id, 'type', o.type, 'state', o.state, 'input', o.input, 'total', o.total, 'done', o.done,
        'counts', o.counts, 'actor', o.actor, 'error', o.error, 'created_at', iso_time(o.created_at),
        'started_at', iso_time(o.started_at),
        'finished_at', iso_time(o.finished_at))
        || case when o.type = 'rules_simulation' and o.result is not null then jsonb_build_object('result', o.result) else '{}' end
    from operation o
    where o.id = p_id
$$;

-- An operation as the API shows it; null: there is none of that id.
create or replace function operation_show(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'id', o.id, 'kind', o.kind, 'state', o.state, 'parameters', o.parameters, 'total', o.total, 'done', o.done,
        'counts', o.counts, 'actor', o.actor, 'error', o.error, 'created_at', iso_time(o.created_at),
        'finished_at', iso_time(o.finished_at))
    from operation o
    where o.id = p_id
$$;

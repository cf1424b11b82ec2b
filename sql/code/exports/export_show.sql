-- An export as the API shows it. state: running, done, failed, cancelled, or withdrawn: somebody was erased since.
create or replace function export_show(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'id', o.id, 'object', x.object, 'format', x.format,
        'state', case when x.withdrawn_at is not null and o.state = 'done' then 'withdrawn' else o.state end,
        'total', o.total, 'rows', x.rows, 'bytes', x.bytes, 'file_name', x.file_name, 'input', o.input, 'actor', o.actor,
        'error', o.error, 'created_at', iso_time(o.created_at), 'finished_at', iso_time(o.finished_at),
        'expires_at', iso_time(x.expires_at)
    )
    from export x
    join operation o on o.id = x.id
    where x.id = p_id
$$;

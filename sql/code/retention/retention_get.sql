-- The rules in force with how far the last pass is; version 0 without rules where none were ever put.
create or replace function retention_get() returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'version', coalesce(r.version, 0), 'rules', coalesce(r.rules, '[]'), 'author', r.author, 'created_at', iso_time(r.created_at),
        'pass', (
            select jsonb_build_object(
                'version', p.version, 'began_at', iso_time(p.began_at), 'finished_at', iso_time(p.finished_at), 'deleted', p.counts)
            from event_retention_pass p
        ))
    from (select) one
    left join lateral (select x.* from event_retention x order by x.version desc limit 1) r on true
$$;

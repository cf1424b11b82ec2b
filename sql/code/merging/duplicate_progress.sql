-- How far the search for duplicates is, or was the last time, see step_duplicates; null where there never was one.
create or replace function duplicate_progress() returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'finished', s.finished_at is not null, 'found', s.found, 'compared', s.compared, 'skipped', s.skipped,
        'weights', coalesce((
            select jsonb_object_agg(m.object, case when m.estimated then 'estimated' else 'fixed' end) from match_model m where m.records > 0
        ), '{}')
    )
    from duplicate_search s
$$;

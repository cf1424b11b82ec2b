-- An import (its row as JSON) as the command line and the console show it; ids without their prefix. cursor: null without one; stays: it was
-- left where it was, since what lies between that and from was not read.
create or replace function import_json(p_import jsonb) returns jsonb
language sql stable
as $$
    select p_import
        - '{file_name,file_sha256,mapping,created_at,finished_at,undone_at,since,cursor,cursor_kind,cursor_from,cursor_low,cursor_before,cursor_open,cursor_undone,without_cursor}'::text[]
        || jsonb_build_object(
            'file', p_import -> 'file_name', 'file_sha256', substr(p_import ->> 'file_sha256', 3),
            'created_at', iso_time((p_import ->> 'created_at')::timestamptz),
            'finished_at', iso_time((p_import ->> 'finished_at')::timestamptz),
            'undone_at', iso_time((p_import ->> 'undone_at')::timestamptz),
            'cursor', case when p_import ->> 'cursor_kind' is not null then jsonb_build_object(
                'column', p_import #> '{mapping,cursor,column}', 'since', p_import -> 'since',
                'from', import_cursor_text(p_import ->> 'cursor_kind', (p_import ->> 'cursor_from')::numeric),
                'before', import_cursor_text(p_import ->> 'cursor_kind', (p_import ->> 'cursor_before')::numeric),
                'kept', import_cursor_text(p_import ->> 'cursor_kind', (p_import ->> 'cursor')::numeric),
                'stays', coalesce((p_import ->> 'cursor')::numeric < (p_import ->> 'cursor_from')::numeric, false),
                'without', p_import -> 'without_cursor') end)
$$;

-- An import (its row as JSON) as the command line shows it; ids without their prefix.
create or replace function import_json(p_import jsonb) returns jsonb
language sql stable
as $$
    select p_import - '{file_name,file_sha256,mapping,created_at,finished_at,undone_at}'::text[] || jsonb_build_object(
        'file', p_import -> 'file_name', 'file_sha256', substr(p_import ->> 'file_sha256', 3),
        'created_at', iso_time((p_import ->> 'created_at')::timestamptz),
        'finished_at', iso_time((p_import ->> 'finished_at')::timestamptz),
        'undone_at', iso_time((p_import ->> 'undone_at')::timestamptz))
$$;

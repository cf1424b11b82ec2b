-- Opens an import, before its rows are copied into import_row in the same transaction; p_rows: the lines of an archive, of which
-- none is copied.
create or replace function begin_import(
    p_id uuid, p_object text, p_file_name text, p_file_sha256 bytea, p_mapping jsonb, p_actor text, p_rows bigint default 0
) returns void
language sql
as $$
    insert into import (id, object, file_name, file_sha256, mapping, state, rows, actor, created_at)
    values (p_id, p_object, p_file_name, p_file_sha256, p_mapping, 'running', p_rows, p_actor, now());
    select append_audit(
        p_actor, 'import.begin', 'import', p_id::text, jsonb_build_object('object', p_object, 'sha256', encode(p_file_sha256, 'hex')));
$$;

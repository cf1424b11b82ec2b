-- The import of this file by this mapping that was begun and not ended, or null: the caller goes on with it. p_since: as it asks for rows.
create or replace function find_running_import(p_object text, p_file_sha256 bytea, p_mapping jsonb, p_since text) returns uuid
language sql stable
as $$
    select id from import
    where object = p_object and file_sha256 = p_file_sha256 and mapping = p_mapping and since is not distinct from p_since
        and state = 'running'
    order by created_at
    limit 1
$$;

-- How many lines of an archive's import are done. Locks the import, so that two runs do not do the same lines.
create or replace function archive_position(p_import uuid) returns bigint
language sql volatile
as $$
    select i.read from import i where i.id = p_import for no key update
$$;

-- A live attachment with its bytes; no row: there is none.
create or replace function attachment_file(p_id uuid) returns table (file_name text, media_type text, sha256 text, bytes bytea)
language sql stable
as $$
    select a.file_name, a.media_type, a.sha256, c.bytes
    from attachments a
    join attachment_content c on c.sha256 = a.sha256
    where a.id = p_id
$$;

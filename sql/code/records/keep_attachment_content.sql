-- Keeps the bytes of a file, once for all files that are the same. stored_at says when one was uploaded last, so that
-- forget_attachment_content leaves alone what is being attached.
create or replace function keep_attachment_content(p_sha256 text, p_bytes bytea) returns void
language sql
as $$
    insert into attachment_content (sha256, bytes, stored_at) values (p_sha256, p_bytes, now())
    on conflict (sha256) do update set stored_at = excluded.stored_at
$$;

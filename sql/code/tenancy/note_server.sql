-- A server says that it runs.
create or replace function note_server(p_id uuid, p_code text, p_build text, p_host text, p_process integer, p_address text)
returns void
language sql
as $$
    insert into tandem.server as s (id, code_schema, build, host, process, address)
    values (p_id, p_code, p_build, p_host, p_process, p_address)
    on conflict (id) do update set seen_at = clock_timestamp(), address = excluded.address
$$;

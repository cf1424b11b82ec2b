-- A server stops.
create or replace function forget_server(p_id uuid) returns void
language sql
as $$
    delete from tandem.server as s where s.id = p_id
$$;

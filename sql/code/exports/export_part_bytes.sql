-- One part of a file, from 0; no row: the file is gone.
create or replace function export_part_bytes(p_id uuid, p_number integer) returns table (bytes bytea)
language sql stable
as $$ select p.bytes from export_part p where p.export_id = p_id and p.number = p_number $$;

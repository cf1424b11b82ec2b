-- The records that earlier imports made of rows of the same file, for rows that no field matches.
create or replace function known_import_records(p_object text, p_file_sha256 bytea, p_rows bigint[])
returns table ("row" bigint, record_id uuid)
language sql stable
as $$
    select distinct on (r.row) r.row, r.record_id
    from import i
    join import_row r on r.import = i.id and r.row = any (p_rows) and r.record_id is not null
    where i.file_sha256 = p_file_sha256 and i.object = p_object and i.state = 'done'
    order by r.row, i.created_at desc, i.id desc
$$;

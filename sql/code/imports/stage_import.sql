-- Counts the rows that were copied; those that the reader could not take are rejected already.
create or replace function stage_import(p_import uuid) returns void
language sql
as $$
    update import
    set rows = s.rows, read = s.rejected, rejected = s.rejected
    from (
        select count(*) as rows, count(*) filter (where outcome = 'rejected') as rejected
        from import_row where import = p_import) s
    where id = p_import
$$;

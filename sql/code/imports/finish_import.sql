-- Ends an import whose rows are all done; true when it is.
create or replace function finish_import(p_import uuid) returns boolean
language sql
as $$
    update import i
    set state = 'done', finished_at = now()
    where i.id = p_import and i.state = 'running'
        and not exists (select from import_row r where r.import = p_import and r.outcome is null);
    select state = 'done' from import where id = p_import
$$;

-- Ends an import whose rows are all done, and keeps how far it has come; true when it is at its end.
create or replace function finish_import(p_import uuid) returns boolean
language plpgsql
as $$
begin
    update import i
    set state = 'done', finished_at = now()
    where i.id = p_import and i.state = 'running'
        and not exists (select from import_row r where r.import = p_import and r.outcome is null);
    if found then
        perform move_import_cursor(p_import);
    end if;
    return (select i.state = 'done' from import i where i.id = p_import);
end
$$;

-- Orders a file: p_input {object, format, …} as ExportOrder keeps it, p_total how many rows it is thought to have. It is made with the
-- rights of the caller. Raises TD016 when too many files wait to be fetched. Answers the export.
create or replace function export_order(
    p_id uuid, p_input jsonb, p_total bigint, p_file_name text, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    c_files constant integer := 20;
begin
    if (select count(*) from export) >= c_files then
        raise exception 'too many exports' using errcode = 'TD016',
            detail = format('There are %s files already: delete one, or wait until one expires.', c_files);
    end if;
    perform operation_start(p_id, 'export', p_input || caller_json(), p_total, p_actor);
    insert into export (id, object, format, file_name, expires_at)
    values (p_id, p_input ->> 'object', p_input ->> 'format', p_file_name, export_expiry());
    return export_show(p_id);
end
$$;

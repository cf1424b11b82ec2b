-- Adds a page to an export. Call it in the transaction of export_begin. p_cursor null: it was the last.
create or replace function export_append(p_id uuid, p_bytes bytea, p_rows bigint, p_cursor text) returns void
language plpgsql
as $$
begin
    insert into export_part (export_id, number, bytes)
    select x.id, x.parts, p_bytes from export x where x.id = p_id;
    update export x
    set cursor = p_cursor, rows = x.rows + p_rows, bytes = x.bytes + length(p_bytes), parts = x.parts + 1,
        withdrawn_at = null, expires_at = export_expiry()
    where x.id = p_id;
    perform operation_count(p_id, jsonb_build_object('exported', p_rows));
end
$$;

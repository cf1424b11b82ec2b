-- Rows of an import whose records stand, for a second look at their links to each other.
create or replace function linked_import_rows(p_import uuid, p_after bigint, p_limit integer)
returns table ("row" bigint, line integer, raw jsonb, record_id uuid)
language plpgsql
as $$
#variable_conflict use_column
begin
    perform from import i where i.id = p_import for no key update;
    return query
        select r.row, r.line, r.raw, r.record_id
        from import_row r
        where r.import = p_import and r.row > p_after and r.record_id is not null
        order by r.row
        limit p_limit;
end
$$;

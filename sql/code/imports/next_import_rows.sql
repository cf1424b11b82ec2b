-- The next rows of an import that nothing became of yet. Locks the import, so that two runs take turns.
create or replace function next_import_rows(p_import uuid, p_after bigint, p_limit integer)
returns table ("row" bigint, line integer, raw jsonb)
language plpgsql
as $$
#variable_conflict use_column
begin
    perform from import i where i.id = p_import for no key update;
    return query
        select r.row, r.line, r.raw
        from import_row r
        where r.import = p_import and r.row > p_after and r.outcome is null
        order by r.row
        limit p_limit;
end
$$;

-- Rows that were rejected, or taken with a fault, by their place in the file.
create or replace function rejected_import_rows(p_import uuid, p_after bigint, p_limit integer)
returns table ("row" bigint, line integer, outcome text, reason jsonb, raw jsonb)
language sql stable
as $$
    select r.row, r.line, r.outcome, r.reason, r.raw
    from import_row r
    where r.import = p_import and r.row > p_after and r.reason is not null
    order by r.row
    limit p_limit
$$;

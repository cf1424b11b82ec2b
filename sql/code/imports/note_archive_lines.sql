-- Moves an archive's import on by p_lines lines, adds to its counts of messages, and keeps the lines with a message that was
-- rejected (p_row, p_line, p_raw: the line as a JSON string, p_reason). Call it in the transaction that stores the lines.
create or replace function note_archive_lines(
    p_import uuid, p_lines bigint, p_created bigint, p_unchanged bigint, p_rejected bigint,
    p_row bigint[], p_line integer[], p_raw jsonb[], p_reason jsonb[]
) returns void
language sql
as $$
    insert into import_row (import, row, line, raw, outcome, reason)
    select
        p_import, r.row, r.line,
        -- Of somebody who asked not to be here nothing is kept.
        case when r.reason::text like '%"suppressed"%' then '{}' else r.raw end, 'rejected', r.reason
    from unnest(p_row, p_line, p_raw, p_reason) r ("row", line, raw, reason);
    update import
    set read = read + p_lines, created = created + p_created, unchanged = unchanged + p_unchanged,
        rejected = rejected + p_rejected
    where id = p_import
$$;

-- Says of an import that is being begun which rows it takes. p_cursor: {since, kind, from, low, before, open, undone, passed_over,
-- without_cursor}, as the columns of import.
create or replace function begin_import_cursor(p_import uuid, p_cursor jsonb) returns void
language sql
as $$
    update import
    set since = p_cursor ->> 'since', cursor_kind = p_cursor ->> 'kind', cursor_from = (p_cursor ->> 'from')::numeric,
        cursor_low = (p_cursor ->> 'low')::numeric, cursor_before = (p_cursor ->> 'before')::numeric,
        cursor_open = array(select v::numeric from jsonb_array_elements_text(p_cursor -> 'open') v),
        cursor_undone = (p_cursor ->> 'undone')::integer, passed_over = (p_cursor ->> 'passed_over')::bigint,
        without_cursor = (p_cursor ->> 'without_cursor')::bigint
    where id = p_import
$$;

-- At the end of an undo: the cursor goes back to what it was before the import, so that the next import since the last reads again what this
-- one had written; a later one may have found it unchanged. Returns {column, now}, null for imports without
-- a cursor.
create or replace function undo_import_cursor(p_import uuid) returns jsonb
language sql
as $$
    update import_cursor c
    set value = case when c.value is not null and i.cursor_before is not null then least(c.value, i.cursor_before) end,
        open = array(select unnest(c.open) union select unnest(i.cursor_open) order by 1), undone = c.undone + 1
    from import i
    where i.id = p_import and i.cursor_kind is not null and c.scope = import_scope(i.object, i.mapping)
    returning jsonb_build_object('column', i.mapping #> '{cursor,column}', 'now', import_cursor_text(c.kind, c.value))
$$;

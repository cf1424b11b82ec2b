-- Which rows an import that was begun takes: {from, open}: those at or above from, and those at the values of open.
create or replace function staged_import_cursor(p_import uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object('from', i.cursor_from, 'open', case when i.since = 'last' then to_jsonb(i.cursor_open) else '[]' end)
    from import i where i.id = p_import
$$;

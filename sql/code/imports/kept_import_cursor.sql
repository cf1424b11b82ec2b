-- How far imports by this mapping have come: {value, open, undone}, as import_cursor has them.
create or replace function kept_import_cursor(p_object text, p_mapping jsonb) returns jsonb
language sql stable
as $$
    select coalesce(
        (select jsonb_build_object('value', c.value, 'open', to_jsonb(c.open), 'undone', c.undone)
         from import_cursor c where c.scope = import_scope(p_object, p_mapping)),
        '{"value": null, "open": [], "undone": 0}')
$$;

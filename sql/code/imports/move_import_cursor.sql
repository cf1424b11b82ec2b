-- Keeps how far an import has come that ends in this transaction. Nothing is lost by it:
--
-- - Rows that were rejected, or taken with a fault, are remembered by their cursors (open), and are taken again by the next import since the
--   last. Of more than 1,000 different ones the lowest are, and the cursor stays at the next.
-- - A remembered value is forgotten when the import has read it, or when its file reaches back to before it and has it no more: the row was
--   changed or deleted since.
-- - An import from a stated value above the cursor leaves it: what lies between was not read.
-- - So does one during which another was taken back: what that had written may have to be read again.
-- - Of two imports at once the one that came further counts.
create or replace function move_import_cursor(p_import uuid) returns void
language plpgsql
as $$
declare
    c_open constant integer := 1000;
    v_import record;
    v_kept record;
    v_open numeric[];
    v_value numeric;
    v_is_undisturbed boolean;
begin
    select i.object, i.mapping, i.cursor_kind, i.since, i.cursor_from, i.cursor_low, i.cursor_open, i.cursor_undone into v_import
    from import i where i.id = p_import;
    if v_import.cursor_kind is null then
        return;
    end if;
    insert into import_cursor (scope, kind)
    values (import_scope(v_import.object, v_import.mapping), v_import.cursor_kind)
    on conflict do nothing;
    select c.scope, c.value, c.open, c.undone into v_kept
    from import_cursor c where c.scope = import_scope(v_import.object, v_import.mapping)
    for no key update;
    v_is_undisturbed := v_kept.undone = v_import.cursor_undone;
    v_open := array(
        select o.value from unnest(v_kept.open) o (value)
        where not v_is_undisturbed or o.value <> all (v_import.cursor_open) or v_import.cursor_low is null
            or v_import.cursor_low > o.value
            or (v_import.since <> 'last' and v_import.cursor_from > o.value)
        union
        select r.cursor from import_row r where r.import = p_import and r.reason is not null and r.cursor is not null
        order by 1
        limit c_open + 1);
    v_value := v_kept.value;
    if v_is_undisturbed and (v_kept.value is null or v_import.cursor_from is null or v_import.cursor_from <= v_kept.value) then
        v_value := greatest(v_kept.value, (select max(r.cursor) from import_row r where r.import = p_import));
    end if;
    if cardinality(v_open) > c_open then
        v_value := least(v_value, v_open[c_open + 1]);
    end if;
    update import_cursor c
    set value = v_value, open = v_open[:c_open], import = p_import, moved_at = now()
    where c.scope = v_kept.scope;
    update import i set cursor = v_value where i.id = p_import;
end
$$;

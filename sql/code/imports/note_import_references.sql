-- Remembers records that were made because rows named them, so that undo can take them away.
create or replace function note_import_references(p_import uuid, p_object text, p_records uuid[]) returns void
language sql
as $$
    insert into import_reference (import, record_id, object)
    select p_import, r, p_object from unnest(p_records) r
    on conflict do nothing
$$;

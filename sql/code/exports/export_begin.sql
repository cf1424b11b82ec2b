-- Where the next page of an export begins, and who ordered it how. Holds the export, so that an erasure waits until the page is
-- written, or the page is read after it. No row: the file was deleted.
create or replace function export_begin(p_id uuid) returns table (cursor text, bytes bigint, input jsonb)
language sql volatile
as $$
    select x.cursor, x.bytes, o.input
    from export x
    join operation o on o.id = x.id
    where x.id = p_id
    for no key update of x
$$;

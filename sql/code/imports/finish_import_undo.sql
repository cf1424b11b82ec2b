-- Ends an undo and says what it did: {removed, restored, kept, people_kept, kept_rows: [{row, id, code}], cursor} (records, not rows; at
-- most 1,000 kept ones are listed; cursor: where it is now, as undo_import_cursor says). people_kept: the profiles of removed contacts and leads. They stay: events, other imports and other records may say
-- something of them since.
create or replace function finish_import_undo(p_import uuid, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_result jsonb;
begin
    update import i set state = 'undone', undone_at = coalesce(i.undone_at, now()) where i.id = p_import;
    select jsonb_build_object(
        'removed', count(distinct r.record_id) filter (where r.undo = 'removed')
            + (select count(*) from import_reference f where f.import = p_import and f.undo = 'removed'),
        'restored', count(distinct r.record_id) filter (where r.undo = 'restored'),
        'kept', count(distinct r.record_id) filter (where r.undo = 'kept')
            + (select count(*) from import_reference f where f.import = p_import and f.undo = 'kept'),
        'people_kept', (
            select count(distinct c.profile_id)
            from import_row p
            join bin b on b.record_id = p.record_id
            join component c on c.profile_id = (b.data ->> 'profile_id')::uuid
            where p.import = p_import and p.undo = 'removed'),
        'kept_rows', coalesce((
            select jsonb_agg(jsonb_build_object('row', k.row, 'id', k.record_id, 'code', k.undo_reason -> 'code',
                'detail', k.undo_reason -> 'detail') order by k.row)
            from (select * from import_row k where k.import = p_import and k.undo = 'kept' order by k.row limit 1000) k),
            '[]'))
    into v_result
    from import_row r
    where r.import = p_import and r.undo is not null;
    v_result := v_result || jsonb_build_object('cursor', undo_import_cursor(p_import));
    perform append_audit(
        p_actor, 'import.undo', 'import', p_import::text, v_result - 'kept_rows' - 'cursor');
    return v_result;
end
$$;

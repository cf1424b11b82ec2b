-- After the rows of an import: takes away the records of an object that were made because rows named them, unless they
-- were changed since or are in use.
create or replace function undo_import_references(p_import uuid, p_object text, p_source smallint, p_actor text)
returns void
language plpgsql
as $$
declare
    v_records uuid[] := array(
        select r.record_id from import_reference r
        where r.import = p_import and r.object = p_object and r.undo is null
        order by r.record_id desc);
begin
    if v_records = '{}' then
        return;
    end if;
    update import_reference r
    set undo = case when w.outcome = 'deleted' then 'removed' else 'kept' end
    from write_records(p_object, p_source, 20::smallint, now(), p_actor, 'import_undo', (
        select jsonb_agg(jsonb_build_object('op', 'delete', 'id', u.id, 'if_match', 1) order by u.n)
        from unnest(v_records) with ordinality u (id, n))) w
    where r.import = p_import and r.record_id = v_records[w.idx + 1];
end
$$;

-- Takes back the last rows of an import that still stand, at most p_limit records, last row first. A record that the
-- import made goes to the bin, one that it changed gets its old values back; a record that was changed since, or is in
-- use, stays as it is and is listed. Returns the row to go on below, or null when all is done.
create or replace function undo_import_rows(
    p_import uuid, p_object text, p_source smallint, p_actor text, p_below bigint, p_limit integer
) returns bigint
language plpgsql
as $$
declare
    v_rows bigint[];
    v_items jsonb;
    v_records uuid[];
    -- By which normaliser the records' values of before were made, where it was another.
    v_versions jsonb;
begin
    update import i set state = 'undoing' where i.id = p_import and i.state = 'done';
    v_rows := array(
        select r.row from import_row r
        where r.import = p_import and r.row < p_below and r.undo is null and r.outcome in ('created', 'updated')
        order by r.row desc
        limit p_limit);
    if v_rows = '{}' then
        return null;
    end if;
    with record as (
        select r.record_id, max(r.row) as last, bool_or(s.outcome = 'created') as created, max(s.version) as version,
            (select jsonb_object_agg(b.key, b.value order by e.row desc)
             from import_row e, jsonb_each(e.before) b
             where e.import = p_import and e.record_id = r.record_id) as before
        from import_row r
        join import_row s on s.import = p_import and s.record_id = r.record_id and s.outcome in ('created', 'updated')
        where r.import = p_import and r.row = any (v_rows)
        group by r.record_id)
    select jsonb_agg(
            case when created then jsonb_build_object('op', 'delete', 'id', record_id, 'if_match', version)
                else jsonb_build_object('op', 'update', 'id', record_id, 'if_match', version, 'data', coalesce(before - 'normalizer_version', '{}'))
                end
            order by last desc),
        array_agg(record_id order by last desc),
        jsonb_object_agg(record_id, before -> 'normalizer_version') filter (where before ? 'normalizer_version')
    into v_items, v_records, v_versions
    from record;
    with done as (
        select v_records[w.idx + 1] as record_id,
            case when w.outcome = 'deleted' then 'removed' when w.outcome = 'error' then 'kept' else 'restored' end as undo,
            case when w.outcome = 'error' then jsonb_build_object('code', w.code, 'detail', w.detail) end as reason
        from write_records(p_object, p_source, 20::smallint, now(), p_actor, 'import_undo', v_items) w)
    update import_row r
    set undo = d.undo, undo_reason = d.reason
    from done d
    where r.import = p_import and r.record_id = d.record_id and r.outcome in ('created', 'updated');
    if v_versions is not null then
        perform age_forms(p_object, array[v.key::uuid], v.value::integer) from jsonb_each_text(v_versions) v;
    end if;
    -- An empty value was nobody's opinion: it must not outrank what comes later.
    delete from field_source f
    using import_row r
    where r.import = p_import and r.record_id = any (v_records) and r.undo = 'restored' and f.record_id = r.record_id
        and f.source = p_source and coalesce(f.value, 'null') = 'null';
    return v_rows[cardinality(v_rows)];
end
$$;

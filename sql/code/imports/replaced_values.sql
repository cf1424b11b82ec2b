-- The values that each write replaced, from the history it left: {field: old value} for the record's version.
create or replace function replaced_values(p_object text, p_records uuid[], p_versions integer[])
returns table (record_id uuid, version integer, before jsonb)
language sql stable
as $$
    select h.record_id, h.version, (select jsonb_object_agg(c.key, c.value -> 0) from jsonb_each(h.changes) c)
    from unnest(p_records, p_versions) w (record_id, version)
    join record_history h on h.record_id = w.record_id and h.version = w.version and h.object = p_object
$$;

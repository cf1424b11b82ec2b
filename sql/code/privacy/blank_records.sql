-- Takes what it says out of records that stay: p_values of their columns, and personal fields of the tenant's own, in the record,
-- its history and the bin. Answers how many.
create or replace function blank_records(p_object text, p_ids uuid[], p_values jsonb, p_actor text) returns integer
language plpgsql
as $$
declare
    v_relation text := (select o.relation from object_description o where o.object = p_object);
    v_values jsonb := p_values || coalesce((
        select jsonb_object_agg(f.name, null::text) from custom_field f where f.object = p_object and f.personal
    ), '{}');
    v_fields text[] := array(select jsonb_object_keys(v_values));
    v_count integer;
begin
    execute format(
        $q$
        with blank as (
            update %1$I t
            set (%2$s) = (select %3$s from jsonb_populate_record(t, $2) r), version = t.version + 1, updated_at = now()
            where t.id = any ($1)
            returning t.id, t.version
        )
        insert into record_history (object, record_id, version, at, actor, cause, source, action, changes)
        select $3, b.id, b.version, now(), $4, 'erase', 0, 'update', '{}' from blank b
        $q$,
        v_relation, (select string_agg(quote_ident(f), ', ') from unnest(v_fields) f),
        (select string_agg(format('r.%I', f), ', ') from unnest(v_fields) f)
    ) using p_ids, v_values, p_object, p_actor;
    get diagnostics v_count = row_count;
    update record_history h set changes = h.changes - v_fields where h.record_id = any (p_ids) and h.changes ?| v_fields;
    update bin b set data = b.data || v_values where b.record_id = any (p_ids);
    return v_count;
end
$$;

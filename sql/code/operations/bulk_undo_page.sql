-- Takes back what an operation did to the next p_limit of its records, the last first: fields return to what they were, unless somebody has changed them
-- since; what it deleted is restored, what it restored deleted. What stays as it is is told: outcome kept with {fields} or {code};
-- what could not be put back around a restored record is its {not_restored: {relation: rows}}.
-- Answers how many records it looked at.
create or replace function bulk_undo_page(p_operation uuid, p_limit integer) returns integer
language plpgsql
as $$
declare
    v_order jsonb := (select o.input || jsonb_build_object('actor', o.actor) from operation o where o.id = p_operation);
    v_object text := v_order ->> 'object';
    v_ids uuid[] := array(select w.record_id from bulk_waiting(p_operation, p_limit) w);
    v_items jsonb;
    v_kept jsonb;
begin
    if cardinality(v_ids) = 0 then
        return 0;
    end if;
    with field as (
        select h.record_id, c.key, c.value -> 0 as value, exists (
            select from record_history x where x.record_id = h.record_id and x.seq > h.seq and x.changes ? c.key) as touched
        from record_history h
        cross join lateral jsonb_each(h.changes) c
        where h.record_id = any (v_ids) and h.cause = 'bulk:' || (v_order ->> 'operation')),
    one as (
        select r.id, coalesce(jsonb_object_agg(f.key, f.value) filter (where not f.touched), '{}') as data,
            coalesce(jsonb_agg(f.key order by f.key) filter (where f.touched), '[]') as kept
        from unnest(v_ids) r (id) left join field f on f.record_id = r.id
        group by r.id)
    select jsonb_agg(jsonb_build_object(
            'id', o.id, 'data', o.data,
            'op', case v_order ->> 'action' when 'delete' then 'restore' when 'restore' then 'delete' else 'update' end)
            order by o.id),
        jsonb_object_agg(o.id, o.kept)
    into v_items, v_kept from one o;
    perform bulk_note(
        p_operation, array_agg((i.value ->> 'id')::uuid),
        array_agg(case when w.outcome = 'error' then 'kept' when v_kept -> (i.value ->> 'id') <> '[]' then 'kept' else w.outcome end),
        array_agg(case
            when w.outcome = 'error' then jsonb_build_object('code', w.code, 'detail', w.detail)
            when v_kept -> (i.value ->> 'id') <> '[]' then jsonb_build_object('fields', v_kept -> (i.value ->> 'id'))
            when w.detail ? 'not_restored' then jsonb_build_object('not_restored', w.detail -> 'not_restored') end))
    from bulk_write(v_object, v_order ->> 'actor', 'undo:' || (v_order ->> 'operation'), v_items) w
    join jsonb_array_elements(v_items) with ordinality i on i.ordinality = w.idx + 1;
    -- Nobody's opinion any more: an empty value, or what another source says, must not outrank what comes later.
    delete from field_source f
    using jsonb_array_elements(v_items) i
    where f.record_id = (i ->> 'id')::uuid and f.source = 0 and i -> 'data' ? f.field
        and (coalesce(f.value, 'null') = 'null' or exists (
            select from field_source o
            where o.record_id = f.record_id and o.field = f.field and o.source <> 0 and o.value = f.value));
    return cardinality(v_ids);
end
$$;

-- The records of an operation with what became of them, by id, behind p_after.
create or replace function bulk_records(p_operation uuid, p_outcome text, p_after uuid, p_limit integer)
returns table (record_id uuid, item jsonb)
language sql stable
as $$
    select w.record_id, jsonb_build_object('id', w.record_id, 'outcome', w.outcome, 'detail', w.detail)
    from operation_record w
    where exists (select from operation o where o.id = p_operation and may_see_operation(o.actor))
        and w.operation_id = p_operation and (p_outcome is null or w.outcome = p_outcome)
        and (p_after is null or w.record_id > p_after)
    order by w.record_id limit p_limit
$$;

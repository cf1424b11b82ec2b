-- Notes what became of records of an operation, and counts it. Call it in the transaction that did it.
create or replace function bulk_note(p_operation uuid, p_records uuid[], p_outcomes text[], p_details jsonb[]) returns void
language plpgsql
as $$
begin
    update operation_record w
    set outcome = n.outcome, detail = n.detail
    from unnest(p_records, p_outcomes, p_details) n (record_id, outcome, detail)
    where w.operation_id = p_operation and w.record_id = n.record_id;
    perform operation_count(p_operation, coalesce((
        select jsonb_object_agg(c.outcome, c.count)
        from (select o as outcome, count(*) as count from unnest(p_outcomes) o group by o) c), '{}'));
end
$$;

-- The next records of an operation that wait, at most p_limit, by id; none if it was cancelled. Locks the operation, so that a
-- cancellation comes before or behind the page. What its cursor has passed is done. An undo goes the other way: what was deleted last
-- comes back first, so that what a record had lost to one deleted before it is there again when that one comes.
create or replace function bulk_waiting(p_operation uuid, p_limit integer) returns table (record_id uuid)
language plpgsql
as $$
#variable_conflict use_column
declare
    v_after uuid;
    v_undoes boolean;
begin
    select coalesce(o.cursor_id, '00000000-0000-0000-0000-000000000000'), o.type = 'bulk_undo' into v_after, v_undoes
    from operation o where o.id = p_operation and o.state = 'running' for no key update;
    if v_undoes then
        return query
            select w.record_id from operation_record w
            where w.operation_id = p_operation and w.outcome is null
            order by w.record_id desc limit p_limit;
        return;
    end if;
    return query
        select w.record_id from operation_record w
        where w.operation_id = p_operation and w.record_id > v_after and w.outcome is null
        order by w.record_id limit p_limit;
end
$$;

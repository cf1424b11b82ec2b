-- Discards the next p_limit events that an operation means: they stay with their bytes, and nothing processes them again.
-- Returns how many those were; 0: there are no more.
create or replace function quarantine_discard(p_operation uuid, p_limit integer) returns integer
language plpgsql
as $$
declare
    v_count integer;
    v_last_at timestamptz;
    v_last uuid;
begin
    with page as (
        select p.id, p.received_at from quarantine_page(p_operation, p_limit) p
    ),
    decided as (
        update quarantine q
        set state = 'discarded', decided_at = clock_timestamp(), operation = p_operation
        from page p
        where q.id = p.id and q.state in ('held', 'rejected')
        returning 1
    )
    select
        (select count(*) from decided), (array_agg(p.received_at order by p.received_at desc, p.id desc))[1],
        (array_agg(p.id order by p.received_at desc, p.id desc))[1]
    into v_count, v_last_at, v_last
    from page p;
    if v_last is null then
        return 0;
    end if;
    perform operation_count(p_operation, jsonb_build_object('discarded', v_count));
    update operation set cursor_at = v_last_at, cursor_id = v_last where id = p_operation;
    return greatest(v_count, 1);
end
$$;

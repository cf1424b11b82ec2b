-- The changes of records behind the place (p_xid, p_seq), in the order in which transactions began to write. Rows of transactions
-- that are older than every open one only: later none can appear among them, so a reader that goes on behind the last place it was
-- given misses nothing and reads nothing twice.
--
--   p_objects   names of objects; null: all
--   result      at most p_limit rows with an item each, and a last row without one: the place to go on from, whether there is more
--               now, and the time before which everything that was committed has been shown
--
-- After a restore from a backup it waits for settle_history, and refuses places of the database that was (TD013).
-- One call looks at no more than p_limit + 10,000 rows, so that what is rare does not cost a reading of the whole history.
create or replace function record_changes(p_xid xid8, p_seq bigint, p_objects text[], p_limit integer)
returns table (xid text, seq bigint, item jsonb, has_more boolean, complete_until timestamptz)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    -- Both of this statement's snapshot, the one that reads the rows below too (the function is stable).
    v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_is_quiet boolean := v_horizon = pg_snapshot_xmax(pg_current_snapshot());
    v_end record;
    v_last record;
    v_count integer := 0;
begin
    if p_xid > pg_snapshot_xmax(pg_current_snapshot()) then
        raise exception 'a place ahead of all' using errcode = 'TD013',
            detail = 'The cursor is of another database, before a restore: read from the beginning.';
    elsif exists (select from record_history h where h.xid > pg_snapshot_xmax(pg_current_snapshot())) then
        v_horizon := '3';
        v_is_quiet := false;
    end if;
    -- Where this call stops looking, if there is that much.
    select h.xid, h.seq, h.at into v_end
    from record_history h
    where (h.xid, h.seq) > (p_xid, p_seq) and h.xid < v_horizon
    order by h.xid, h.seq
    offset p_limit + case when p_objects is null then 0 else 10000 end limit 1;
    for v_last in
        select h.xid, h.seq, h.at, jsonb_build_object(
            'object', h.object, 'id', h.record_id, 'version', h.version, 'action', h.action, 'at', iso_time(h.at),
            'actor', h.actor, 'cause', h.cause, 'changes', h.changes) as item
        from record_history h
        where (h.xid, h.seq) > (p_xid, p_seq) and h.xid < v_horizon
            and (v_end.xid is null or (h.xid, h.seq) <= (v_end.xid, v_end.seq))
            and (p_objects is null or h.object = any (p_objects))
        order by h.xid, h.seq
        limit p_limit + 1
    loop
        v_count := v_count + 1;
        exit when v_count > p_limit;
        return query select v_last.xid::text, v_last.seq, v_last.item, true, v_last.at;
    end loop;
    if v_count > p_limit then
        -- The last row that was answered says where to go on: the caller has it.
        return;
    end if;
    if v_end.xid is not null then
        return query select v_end.xid::text, v_end.seq, null::jsonb, true, v_end.at;
        return;
    end if;
    return query select
        (greatest(v_horizon, p_xid))::text, 0::bigint, null::jsonb, false,
        -- A row's transaction began before any whose number is greater: what was committed before that is here.
        case when v_is_quiet then now() else (
            select h.at from record_history h where h.xid < v_horizon order by h.xid desc, h.seq desc limit 1) end;
end
$$;

-- Rows of the history that came with a backup carry transactions of another cluster, which has not reached them: the oldest p_limit of
-- them become older than any here. Answers how many. record_changes waits until there are none.
create or replace function settle_history(p_limit integer) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    update record_history h set xid = '3'
    from (
        select o.record_id, o.seq from record_history o
        where o.xid > pg_snapshot_xmax(pg_current_snapshot()) order by o.xid, o.seq limit p_limit
    ) o
    where h.record_id = o.record_id and h.seq = o.seq;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

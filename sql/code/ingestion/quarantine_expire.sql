-- Forgets what the quarantine took in before p_before, whatever became of it, and its own operations that ended before: at most
-- p_limit events. Returns how many those were; 0: all is done.
create or replace function quarantine_expire(p_before timestamptz, p_limit integer) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    delete from quarantine q
    where q.id in (
        select x.id from quarantine x where x.received_at < p_before order by x.received_at, x.id limit p_limit
        for update skip locked
    );
    get diagnostics v_count = row_count;
    if v_count = 0 then
        -- A request has the time of its events, so none of them is left.
        delete from quarantine_request r where r.received_at < p_before;
        delete from operation o where o.type like 'quarantine\_%' and o.finished_at < p_before;
    end if;
    return v_count;
end
$$;

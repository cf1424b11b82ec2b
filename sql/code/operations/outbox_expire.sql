-- Forgets what was told in the outbox before p_before, at most p_limit entries: nobody delivers them yet. Returns how many those were;
-- 0: all is done.
create or replace function outbox_expire(p_before timestamptz, p_limit integer) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    delete from outbox o
    where o.seq = any (array(
        select x.seq from (select y.seq, y.at from outbox y order by y.seq limit p_limit) x where x.at < p_before));
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

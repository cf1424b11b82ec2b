-- Forgets whom transactions before p_before touched, at most p_limit of these. Who reads the marks follows within seconds, or looks at
-- everybody anew; only the newest ones stay for as long as it takes: by them newest_events and source_samples find what came last. Returns
-- how many were forgotten; 0: all is done.
create or replace function dirty_expire(p_before timestamptz, p_limit integer) returns integer
language plpgsql
as $$
declare
    c_kept constant integer := 10000;
    v_last bigint := (select max(d.seq) from dirty d) - c_kept;
    v_count integer;
begin
    delete from dirty d
    where d.seq = any (array(
        select x.seq
        from (select y.seq, y.at from dirty y where y.seq <= v_last order by y.seq limit p_limit) x
        where x.at < p_before));
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

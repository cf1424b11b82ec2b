-- Deletes the files whose time has passed by p_now; answers how many.
create or replace function exports_expire(p_now timestamptz) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    delete from export x using operation o where o.id = x.id and o.state <> 'running' and x.expires_at < p_now;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

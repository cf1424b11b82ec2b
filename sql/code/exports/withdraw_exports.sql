-- Empties all files: somebody is erased in this transaction, who may be in any of them. Those that are being made begin again. Answers
-- how many had something in them. Whoever writes a page waits until the transaction ends, and reads after it: a lock on rows would
-- not hold up an export that is ordered meanwhile.
create or replace function withdraw_exports() returns integer
language plpgsql
as $$
declare
    v_ids uuid[];
begin
    lock table export in exclusive mode;
    v_ids := array(select x.id from export x where x.parts > 0);
    if v_ids <> '{}' then
        delete from export_part p where p.export_id = any (v_ids);
        update export x
        set cursor = null, rows = 0, bytes = 0, parts = 0, withdrawn_at = now()
        where x.id = any (v_ids);
        update operation o set done = 0, counts = '{}' where o.id = any (v_ids) and o.state = 'running';
    end if;
    return cardinality(v_ids);
end
$$;

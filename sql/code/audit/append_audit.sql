-- Appends to the tenant's audit log. Each row's hash covers its contents and the hash before it in its chain, so that a change or a gap
-- shows. The head of the chain is locked until the transaction ends, which waits for the disk: so there are several, and a transaction
-- takes the first that is free, and keeps to it. Call this last: when none is free it waits.
create or replace function append_audit(
    p_actor text, p_action text, p_object text, p_object_id text, p_detail jsonb
) returns void
language plpgsql
as $$
declare
    v_chain smallint := nullif(current_setting('tandem.audit_chain', true), '')::smallint;
begin
    if v_chain is null then
        select h.chain into v_chain from audit_head h order by h.chain limit 1 for update skip locked;
        if v_chain is null then
            v_chain := pg_backend_pid() % (select count(*) from audit_head);
        end if;
        perform set_config('tandem.audit_chain', v_chain::text, true);
    end if;
    with head as materialized (
        select h.chain, h.seq, h.hash from audit_head h where h.chain = v_chain for update),
    next as materialized (
        select h.chain, h.seq + 1 as seq, h.hash as previous,
            audit_hash(h.hash, h.chain, h.seq + 1, now(), p_actor, p_action, p_object, p_object_id, p_detail) as hash
        from head h),
    added as (
        insert into audit (chain, seq, at, actor, action, object, object_id, detail, previous_hash, hash)
        select n.chain, n.seq, now(), p_actor, p_action, p_object, p_object_id, p_detail, n.previous, n.hash from next n)
    update audit_head h set seq = n.seq, hash = n.hash from next n where h.chain = n.chain;
    if not found then
        raise exception 'no head of audit chain %', v_chain;
    end if;
end
$$;

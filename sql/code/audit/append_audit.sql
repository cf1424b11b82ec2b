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
    v_seq bigint;
    v_previous bytea;
    v_hash bytea;
    v_at timestamptz := now();
begin
    if v_chain is null then
        select h.chain into v_chain from audit_head h order by h.chain limit 1 for update skip locked;
        v_chain := coalesce(v_chain, pg_backend_pid() % (select count(*) from audit_head));
        perform set_config('tandem.audit_chain', v_chain::text, true);
    end if;
    select h.seq + 1, h.hash into strict v_seq, v_previous from audit_head h where h.chain = v_chain for update;
    v_hash := audit_hash(v_previous, v_chain, v_seq, v_at, p_actor, p_action, p_object, p_object_id, p_detail);
    insert into audit (chain, seq, at, actor, action, object, object_id, detail, previous_hash, hash)
    values (v_chain, v_seq, v_at, p_actor, p_action, p_object, p_object_id, p_detail, v_previous, v_hash);
    update audit_head h set seq = v_seq, hash = v_hash where h.chain = v_chain;
end
$$;

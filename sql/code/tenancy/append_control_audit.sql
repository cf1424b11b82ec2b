-- Adds one entry to the control plane's chain: each hash covers the hash before it and the entry's own fields.
create or replace function append_control_audit(
    p_actor text, p_action text, p_tenant uuid, p_object_id text, p_detail jsonb default '{}'
) returns bigint
language plpgsql
as $$
declare
    head tandem.audit_head;
    entry_at timestamptz := clock_timestamp();
    entry_hash bytea;
begin
    select * into strict head from tandem.audit_head for update;
    head.seq := head.seq + 1;
    entry_hash := control_audit_hash(head.hash, head.seq, entry_at, p_actor, p_action, p_tenant, p_object_id, p_detail);
    insert into tandem.audit (seq, at, actor, action, tenant, object_id, detail, previous_hash, hash)
    values (head.seq, entry_at, p_actor, p_action, p_tenant, p_object_id, p_detail, head.hash, entry_hash);
    update tandem.audit_head set seq = head.seq, hash = entry_hash;
    return head.seq;
end
$$;

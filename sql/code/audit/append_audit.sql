-- Appends to the tenant's audit log. Each row's hash covers its contents and the hash before it, so that a change or a
-- gap shows; the head row is locked until the transaction ends, so call this last.
create or replace function append_audit(
    p_actor text, p_action text, p_object text, p_object_id text, p_detail jsonb
) returns bigint
language plpgsql
as $$
declare
    v_seq bigint;
    v_previous bytea;
    v_hash bytea;
    v_at timestamptz := now();
begin
    select h.seq + 1, h.hash into v_seq, v_previous from audit_head h for update;
    v_hash := audit_hash(v_previous, v_seq, v_at, p_actor, p_action, p_object, p_object_id, p_detail);
    insert into audit (seq, at, actor, action, object, object_id, detail, previous_hash, hash)
    values (v_seq, v_at, p_actor, p_action, p_object, p_object_id, p_detail, v_previous, v_hash);
    update audit_head set seq = v_seq, hash = v_hash;
    return v_seq;
end
$$;

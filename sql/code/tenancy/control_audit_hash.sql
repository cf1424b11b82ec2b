-- The hash of one row of the control plane's audit log, as audit_hash is that of a tenant's.
create or replace function control_audit_hash(
    p_previous bytea, p_seq bigint, p_at timestamptz, p_actor text, p_action text, p_tenant uuid, p_object_id text, p_detail jsonb
) returns bytea
language plpgsql immutable
as $$
begin
    return sha256(p_previous || convert_to(
        jsonb_build_array(p_seq, extract(epoch from p_at), p_actor, p_action, p_tenant, p_object_id, p_detail)::text, 'UTF8'));
end
$$;

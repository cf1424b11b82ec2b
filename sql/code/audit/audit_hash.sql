-- The hash of one audit row: SHA-256 over the previous hash and the row's contents in one unambiguous form.
create or replace function audit_hash(
    p_previous bytea, p_chain smallint, p_seq bigint, p_at timestamptz, p_actor text, p_action text, p_object text, p_object_id text,
    p_detail jsonb
) returns bytea
language plpgsql immutable
as $$
begin
    -- A whole number that has no bounds: no time that somebody wrote over another makes the log unreadable.
    return sha256(p_previous || convert_to(
        jsonb_build_array(
            p_chain, p_seq, round(extract(epoch from p_at) * 1000000), p_actor, p_action, p_object, p_object_id, p_detail)::text,
        'UTF8'));
end
$$;

-- Ends a request with its receipt as it was signed, forgets whose ids it was about, and writes the audit row. Answers the request.
create or replace function finish_privacy_request(p_id uuid, p_counts jsonb, p_receipt jsonb, p_actor text) returns jsonb
language plpgsql
as $$
begin
    update privacy_request r
    set state = 'done', finished_at = now(), counts = p_counts, receipt = p_receipt,
        nodes = case r.kind when 'export' then r.nodes else '{}' end,
        contacts = case r.kind when 'export' then r.contacts else '{}' end,
        leads = case r.kind when 'export' then r.leads else '{}' end
    where r.id = p_id;
    perform append_audit(
        p_actor, 'privacy.' || r.kind, 'privacy_request', p_id::text, jsonb_build_object('type', r.type, 'counts', p_counts))
    from privacy_request r where r.id = p_id;
    return privacy_request_show(p_id);
end
$$;

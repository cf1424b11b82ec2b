-- Notes the request that an identifier (normalised) be let in again, and does so (lift_suppression). Answers how many were lifted.
create or replace function lift_suppression_request(p_id uuid, p_type text, p_value text, p_reason text, p_actor text)
returns integer
language plpgsql
as $$
begin
    insert into privacy_request (id, kind, state, type, hash, reason, actor, created_at)
    values (p_id, 'unsuppress', 'running', p_type, suppression_hash(p_type, p_value), p_reason, p_actor, now());
    return lift_suppression(p_type, p_value);
end
$$;

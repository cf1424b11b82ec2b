-- running, done or failed: an erasure that nobody does any more, since its call ended before it or its operation did, has failed, and
-- may be asked for again. What is suppressed stays so.
create or replace function privacy_request_state(p_id uuid, p_state text, p_created_at timestamptz) returns text
language plpgsql stable
as $$
begin
    return case
        when p_state <> 'running' or p_created_at > now() - interval '5 minutes' then p_state
        when exists (select from operation o where o.id = p_id and o.state = 'running') then p_state
        else 'failed'
    end;
end
$$;

-- Orders that an erasure which was begun be carried out in steps, by whoever serves the tenant. Answers the request.
create or replace function order_erasure(p_id uuid, p_actor text) returns jsonb
language plpgsql
as $$
begin
    perform operation_start(p_id, 'privacy_erase', '{}', (
        select count(*) from event_log l
        where l.node = any (array(select n from privacy_request r, unnest(r.nodes) n where r.id = p_id))
    ), p_actor);
    return privacy_request_show(p_id);
end
$$;

-- A step of an erasure: p_limit events at most, counted in the request. Answers how many went; less than p_limit: none is left.
create or replace function erase_some_events(p_request uuid, p_limit integer) returns integer
language plpgsql
as $$
declare
    v_nodes bigint[];
    v_counts jsonb;
begin
    select r.nodes into v_nodes from privacy_request r where r.id = p_request and r.state = 'running' for update;
    if not found then
        return 0;
    end if;
    v_counts := erase_events(v_nodes, p_limit);
    update privacy_request r set counts = add_counts(r.counts, v_counts) where r.id = p_request;
    update operation o set done = o.done + (v_counts ->> 'events')::bigint where o.id = p_request;
    return (v_counts ->> 'events')::integer;
end
$$;

-- Notes how many nodes a simulation of rules has read, and at its end (else null) what it found.
create or replace function simulation_note(p_id uuid, p_done bigint, p_result jsonb) returns void
language sql volatile
as $$
    update operation o
    set done = p_done, counts = jsonb_build_object('read', p_done), result = coalesce(p_result, o.result)
    where o.id = p_id and o.state = 'running'
$$;

-- Orders a simulation of rules. p_input: {"rules", "since"?}, checked. Answers the operation.
create or replace function simulation_order(p_id uuid, p_input jsonb, p_actor text) returns jsonb
language plpgsql
as $$
begin
    perform operation_start(p_id, 'rules_simulation', p_input, (select s.nodes from simulation_size() s), p_actor);
    return operation_show(p_id);
end
$$;

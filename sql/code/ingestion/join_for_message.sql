-- Joins the components of p_ends to that of the first of them, home, because of one message, which named the identifiers p_types,
-- p_values: kept with the merge as what brought them together. The merge's ref is the message id;
-- if an earlier message of that id has merged (it was forgotten by dedupe since), the time of receipt is added. Answers the
-- component's label.
create or replace function join_for_message(
    p_message_id text, p_received_at timestamptz, p_ends bigint[], p_cause text, p_ts timestamptz,
    p_types text[], p_values text[]
) returns bigint
language plpgsql
as $$
declare
    v_ref text := p_message_id;
    v_pairs bigint[][] := '{}';
    v_named jsonb := '[]';
begin
    if exists (select from merge m where m.ref = v_ref) then
        v_ref := p_message_id || '@' || to_char(p_received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    end if;
    for i in 2 .. cardinality(p_ends) loop
        v_pairs := v_pairs || array[array[p_ends[1], p_ends[i]]];
    end loop;
    for i in 1 .. cardinality(p_types) loop
        v_named := v_named || jsonb_build_object('type', p_types[i], 'value', p_values[i]);
    end loop;
    perform join_nodes(
        v_ref, v_pairs, p_cause, null, null, null, p_ts, p_message_id, 'event', jsonb_build_object('identifiers', v_named), false
    );
    return (select n.component from node n where n.id = p_ends[1]);
end
$$;

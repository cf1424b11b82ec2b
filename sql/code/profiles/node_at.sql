-- The node that an id, or the owner of an identifier (normalised), means at p_at. Raises TD001 if there was none yet, or it was erased.
create or replace function node_at(p_id uuid, p_type text, p_value text, p_at timestamptz) returns bigint
language plpgsql stable
as $$
declare
    v_node bigint;
begin
    if p_id is not null then
        select n.id into v_node from node n where n.public_id = p_id and n.erased_at is null and n.created_at <= p_at;
    else
        select n.id into v_node
        from identifier i
        join node n on n.id = i.node
        where i.type = p_type and i.value = p_value and n.erased_at is null and n.created_at <= p_at
          and recorded_at(i.node, i.attached_at, i.first_event, null, i.attached_at) <= p_at;
    end if;
    if v_node is null then
        raise exception 'no such profile at that time' using errcode = 'TD001';
    end if;
    return v_node;
end
$$;

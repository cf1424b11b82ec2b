-- The node that one side of a manual merge names: {"type", "value"} (normalised): the owner of the identifier; {"id"}: the node
-- of that public id, which for a surviving profile is its public node. Raises TD008 if there is none, TD010 if it was erased.
create or replace function merge_end(p_side jsonb) returns bigint
language plpgsql stable
as $$
declare
    v_node record;
begin
    if p_side ? 'id' then
        select n.id, n.erased_at into v_node from node n where n.public_id = (p_side ->> 'id')::uuid;
    else
        select n.id, n.erased_at into v_node
        from identifier i
        join node n on n.id = i.node
        where i.type = p_side ->> 'type' and i.value = p_side ->> 'value';
    end if;
    if v_node.id is null then
        raise exception 'nobody owns %', p_side using errcode = 'TD008';
    elsif v_node.erased_at is not null then
        raise exception 'the profile was erased' using errcode = 'TD010';
    end if;
    return v_node.id;
end
$$;

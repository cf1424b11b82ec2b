-- The node whose id a component shows: that of its newest active manual merge (the winner's public node at that moment if it
-- is still here, else the winner's end of the edge), else its oldest node.
create or replace function public_node(p_label bigint) returns bigint
language plpgsql stable
as $$
declare
    v_node bigint;
begin
    select case when w.component = p_label then m.winner_node else e.a end
    into v_node
    from node n
    join edge e on e.a = n.id and e.active
    join merge m on m.id = e.merge and m.winner_node is not null and m.state = 'applied'
    join node w on w.id = m.winner_node
    where n.component = p_label
    order by m.created_at desc, m.id desc, e.id
    limit 1;
    if v_node is null then
        select n.id into v_node from node n where n.component = p_label order by n.created_at, n.id limit 1;
    end if;
    return v_node;
end
$$;

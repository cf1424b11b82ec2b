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
    from (select g.* from edge g where g.a = any (array(select n.id from node n where n.component = p_label)) and g.active) e
    cross join lateral (
        select g.* from merge g where g.id = e.merge and g.winner_node is not null and g.state = 'applied' offset 0
    ) m
    cross join lateral (select n.component from node n where n.id = m.winner_node offset 0) w
    order by m.created_at desc, m.id desc, e.id
    limit 1;
    if v_node is null then
        select n.id into v_node from node n where n.component = p_label order by n.created_at, n.id limit 1;
    end if;
    return v_node;
end
$$;

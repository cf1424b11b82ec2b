-- The nodes that made a profile with p_node before the merges that the messages p_later caused in this transaction; null: none
-- did, and the profile is its component.
create or replace function nodes_before(p_node bigint, p_later text[]) returns bigint[]
language plpgsql stable
as $$
begin
    if p_later is null then
        return array(select o.id from node n join node o on o.component = n.component where n.id = p_node);
    end if;
    return array(
        with recursive reached(node) as (
            select p_node
            union
            select next.node
            from reached r
            cross join lateral (
                select e.b as node, e.merge from edge e where e.a = r.node and e.active
                union all
                select e.a, e.merge from edge e where e.b = r.node and e.active
            ) next
            join merge m on m.id = next.merge
            where not (m.created_at >= now() and coalesce(m.message_id = any (p_later), false))
        )
        select r.node from reached r
    );
end
$$;

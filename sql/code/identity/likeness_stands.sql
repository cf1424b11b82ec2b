-- Whether the likeness of two nodes' profiles is still to be decided.
create or replace function likeness_stands(p_home bigint, p_node bigint) returns boolean
language sql stable
as $$
    select profiles_may_be_one(h.component, n.component) from node h cross join node n where h.id = p_home and n.id = p_node
$$;

-- Whether two profiles, by their labels, may be suggested as one: they are two, nobody separated them, none is suppressed.
create or replace function profiles_may_be_one(p_a bigint, p_b bigint) returns boolean
language sql stable
as $$
    select p_a <> p_b
        and exists (select from component c where c.label = p_a) and exists (select from component c where c.label = p_b)
        and not exists (
            select
            from node n
            join separation s on s.a = n.id or s.b = n.id
            join node o on o.id = case when s.a = n.id then s.b else s.a end
            where n.component = p_a and o.component = p_b
        )
        and not is_suppressed(p_a) and not is_suppressed(p_b)
$$;

-- The distinct identifiers that the messages marked slow name, numbered by (type, value) in byte order: per number the node that
-- owns it, 0 for nobody. Those that nobody owns are looked up again under the locks of their buckets, taken in order, so that two
-- writers that bring the same identifier make it one after the other.
create or replace function lock_identifiers(
    p_plans anyelement, p_slow boolean[], p_type text[], p_previous_id text[], p_id_msg int4[], p_id_type text[], p_id_value text[]
) returns bigint[]
language plpgsql
as $$
declare
    v_type text[];
    v_value text[];
    v_owner bigint[];
    v_found record;
begin
    select array_agg(d.type order by d.k), array_agg(d.value order by d.k), array_agg(coalesce(x.node, 0) order by d.k)
    into v_type, v_value, v_owner
    from (
        select i.type, i.value, row_number() over (order by i.type collate "C", i.value collate "C") as k
        from named_identifiers(p_slow, p_type, p_previous_id, p_id_msg, p_id_type, p_id_value) i
        group by i.type, i.value
    ) d
    left join lateral (select o.node from identifier o where o.type = d.type and o.value = d.value offset 0) x on true;
    if 0 <> all (v_owner) then
        return v_owner;
    end if;

    perform from (
        select b.id
        from lock_bucket b
        where b.id = any (array(
            select distinct identifier_bucket(u.type, u.value)
            from unnest(v_type, v_value, v_owner) u(type, value, owner)
            where u.owner = 0
        ))
        order by b.id
        for update
    ) b;
    for v_found in
        select u.k::int4 as k, x.node
        from unnest(v_type, v_value, v_owner) with ordinality u(type, value, owner, k)
        cross join lateral (select o.node from identifier o where o.type = u.type and o.value = u.value offset 0) x
        where u.owner = 0
    loop
        v_owner[v_found.k] := v_found.node;
    end loop;
    return v_owner;
end
$$;

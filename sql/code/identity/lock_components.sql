-- Locks the components of the given nodes, in label order, and answers their labels, ascending. A merge that commits between
-- the look and the lock moves nodes elsewhere: look again until what is seen is what is held. A label below one that is held
-- cannot be waited for without risking a deadlock: that raises 40001, and the caller's whole call is repeated.
create or replace function lock_components(p_plans anyelement, p_nodes bigint[]) returns bigint[]
language plpgsql
as $$
declare
    v_held bigint[];
    v_seen bigint[];
    v_more bigint[];
begin
    select coalesce(array_agg(held.label), '{}') into v_held
    from (
        select c.label
        from component c
        where c.label = any (array(select n.component from node n where n.id = any (p_nodes)))
        order by c.label
        for no key update
    ) held;
    for attempt in 1 .. 50 loop
        select coalesce(array_agg(distinct n.component), '{}') into v_seen from node n where n.id = any (p_nodes);
        if v_seen <@ v_held then
            return v_seen;
        end if;
        if exists (
            select from unnest(v_seen) s(label)
            where s.label <> all (v_held) and s.label < (select max(h.label) from unnest(v_held) h(label))
        ) then
            raise exception 'the components changed while they were locked' using errcode = '40001';
        end if;
        select array_agg(held.label) into v_more
        from (
            select c.label
            from component c
            where c.label = any (v_seen) and c.label <> all (v_held)
            order by c.label
            for no key update
        ) held;
        v_held := v_held || coalesce(v_more, '{}');
    end loop;
    raise exception 'components keep changing' using errcode = '40001';
end
$$;

-- Marks each message of a batch as new (true), or as a copy of a stored one or of an earlier one of the batch (false), and
-- remembers the new ones: all in the generation in force, imported ones for ever beside. p_imports: whether there is one of these.
-- p_generation and what follows: see claim_messages.
create or replace function dedupe_messages(
    p_plans anyelement, p_event_id uuid[], p_flags int4[], p_imports boolean, p_generation int2, p_overlap boolean,
    p_aged boolean, p_imported boolean
) returns boolean[]
language plpgsql
as $$
declare
    c_import constant int4 := 16;
    v_new uuid[] := claim_messages(p_plans, p_event_id, p_generation, p_overlap, p_aged, p_imported);
    v_fresh boolean[];
begin
    if cardinality(v_new) = cardinality(p_event_id) then
        v_fresh := array_fill(true, array[cardinality(p_event_id)]);
    else
        select array_agg(u.copy = 1 and u.id = any (v_new) order by u.pos) into v_fresh
        from (
            select e.id, e.pos, row_number() over (partition by e.id order by e.pos) as copy
            from unnest(p_event_id) with ordinality e(id, pos)
        ) u;
    end if;
    if p_imports then
        insert into dedupe_import (event_id)
        select u.id
        from unnest(p_event_id, p_flags, v_fresh) u(id, flags, fresh)
        where u.fresh and u.flags & c_import <> 0
        order by u.id;
    end if;
    return v_fresh;
end
$$;

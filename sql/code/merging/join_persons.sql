-- Joins the persons behind merged contacts or leads, whose nodes come in the order of the records: one manual merge of profiles,
-- called `records:<id>`. Answers its id; null where they are one person already. Raises TD010 if one was erased.
create or replace function join_persons(p_merge uuid, p_ends bigint[], p_actor text) returns uuid
language plpgsql
as $$
declare
    v_pairs bigint[][];
    v_sides record;
    v_id uuid;
begin
    if exists (select from node n where n.id = any (p_ends) and n.erased_at is not null) then
        raise exception 'the profile was erased' using errcode = 'TD010';
    end if;
    select array_agg(array[p_ends[1], d.id] order by d.pos) into v_pairs
    from (
        select distinct on (n.component) n.id, u.pos
        from unnest(p_ends) with ordinality u(node, pos)
        join node n on n.id = u.node
        join node h on h.id = p_ends[1] and h.component <> n.component
        order by n.component, u.pos
    ) d;
    if v_pairs is null then
        return null;
    end if;
    select w.public_node, w.profile_id as winner, l.profile_id as loser into v_sides
    from node a
    join component w on w.label = a.component
    cross join node b
    join component l on l.label = b.component
    where a.id = v_pairs[1][1] and b.id = v_pairs[1][2];
    v_id := join_nodes(
        'records:' || p_merge, v_pairs, 'manual', v_sides.public_node, v_sides.winner, v_sides.loser, now(), null, p_actor,
        jsonb_build_object('record_merge', p_merge)
    );
    update identity_state set epoch = epoch + 1;
    insert into dirty (nodes, at) select array_agg(distinct u.node), now() from unnest(v_pairs) u(node);
    return v_id;
end
$$;

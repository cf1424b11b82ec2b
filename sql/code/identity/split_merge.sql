-- Undoes one merge: its edges are switched off, its ends separated for ever, and the components that remain get labels of
-- their own, the greatest keeping the one it has. Answers the profiles there are now. Raises TD001, TD009 and TD010.
create or replace function split_merge(p_ref text, p_actor text, p_at timestamptz) returns uuid[]
language plpgsql
as $$
declare
    v_merge record;
    v_label bigint;
    v_ends bigint[];
    v_after bigint[];
    v_side record;
    v_profiles uuid[];
begin
    select m.id, m.state into v_merge from merge m where m.ref = p_ref;
    if not found then
        raise exception 'no merge has the ref %', p_ref using errcode = 'TD001';
    -- Nodes that were erased have no components that could be locked: what has ended is said before.
    elsif v_merge.state = 'erased' then
        raise exception 'one side of the merge was erased' using errcode = 'TD010';
    elsif v_merge.state = 'undone' then
        raise exception 'the merge was undone before' using errcode = 'TD009';
    end if;
    select array_agg(distinct u.node) into v_ends from edge e, unnest(array[e.a, e.b]) u(node) where e.merge = v_merge.id;
    perform await_components(v_ends);
    select m.id, m.state into v_merge from merge m where m.ref = p_ref for update;
    if v_merge.state = 'undone' then
        raise exception 'the merge was undone before' using errcode = 'TD009';
    elsif v_merge.state = 'erased' then
        raise exception 'one side of the merge was erased' using errcode = 'TD010';
    end if;

    select n.component into v_label from node n where n.id = v_ends[1];
    update merge m set state = 'undone', undone_at = p_at, undone_by = p_actor where m.id = v_merge.id;
    update edge e set active = false where e.merge = v_merge.id;
    insert into separation (a, b, cause, ref, actor, created_at)
    select least(e.a, e.b), greatest(e.a, e.b), 'undo', p_ref, p_actor, p_at
    from edge e
    where e.merge = v_merge.id
    order by 1, 2
    on conflict (a, b) do nothing;

    v_after := array[v_label];
    -- The side with most identifiers stays as it is; it comes first.
    for v_side in
        select s.nodes
        from unnest(v_ends) u(node)
        cross join lateral (
            select array_agg(r.node) as nodes, sum(r.identifiers) as identifiers
            from (
                select c.node, (select count(*) from identifier i where i.node = c.node) as identifiers
                from connected_nodes(u.node) c(node)
            ) r
        ) s
        order by s.identifiers desc, u.node
        offset 1
    loop
        v_after := v_after || nextval('component_label');
        update node n set component = v_after[cardinality(v_after)] where n.id = any (v_side.nodes);
    end loop;
    perform rebuild_components(array[v_label], v_after);
    if to_regclass('contact_node') is not null then
        perform make_missing_contacts(v_after, p_at, 'undo');
    end if;

    update identity_state set epoch = epoch + 1;
    select array_agg(c.profile_id order by c.label) into v_profiles from component c where c.label = any (v_after);
    insert into outbox (topic, key, payload, at)
    values (
        'merge.undone', v_merge.id::text,
        jsonb_build_object('id', v_merge.id, 'ref', p_ref, 'after', to_jsonb(v_profiles)), now()
    );
    return v_profiles;
end
$$;

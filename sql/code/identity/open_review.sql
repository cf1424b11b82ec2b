-- Opens a review entry for a merge that a rule keeps from happening: p_ends[1] is the node that would be home, the others are
-- what would join it. An open entry over the same nodes takes the ref instead; an anomaly of the same profile takes the nodes too,
-- so that one entry holds all that was skipped.
create or replace function open_review(
    p_ref text, p_reason text, p_ends bigint[], p_effective_at timestamptz, p_detail jsonb
) returns uuid
language plpgsql
as $$
declare
    c_nodes constant int4 := 1000;
    v_id uuid;
    v_home bigint := p_ends[1];
    v_nodes bigint[];
begin
    -- Of an anomaly the profile that grows is what the entry is about.
    select u.node into v_home
    from unnest(p_ends) with ordinality u(node, pos)
    join node n on n.id = u.node
    join component c on c.label = n.component
    order by case when p_reason <> 'anomaly' then u.pos end, c.identifiers desc, u.pos
    limit 1;
    v_nodes := array(select u.node from unnest(p_ends) u(node) where u.node <> v_home order by 1);
    select r.id into v_id
    from review r
    where r.state = 'open' and r.reason = p_reason and r.home = v_home and r.nodes = v_nodes
    for update;
    if found then
        update review r set refs = r.refs || p_ref where r.id = v_id and p_ref <> all (r.refs);
        return v_id;
    end if;
    if p_reason = 'anomaly' then
        select r.id into v_id
        from review r
        where r.state = 'open' and r.reason = 'anomaly' and cardinality(r.nodes) < c_nodes
          and r.home = any (array(select o.id from node n join node o on o.component = n.component where n.id = v_home))
        order by r.created_at, r.id
        limit 1
        for update;
        if found then
            update review r
            set refs = r.refs || p_ref,
                nodes = array(select distinct u.node from unnest(r.nodes || v_nodes) u(node) where u.node <> r.home order by 1)
            where r.id = v_id;
            return v_id;
        end if;
    end if;
    v_id := uuidv7();
    insert into review (id, ref, refs, reason, home, nodes, detail, effective_at, created_at)
    values (
        v_id,
        -- The ref of an entry is unique for ever; a message that comes again after dedupe forgot it gets the time beside.
        case when exists (select from review r where r.ref = p_ref)
            then p_ref || '@' || to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            else p_ref end,
        array[p_ref], p_reason, v_home, v_nodes, coalesce(p_detail, '{}'), p_effective_at, clock_timestamp()
    );
    insert into outbox (topic, key, payload, at)
    values ('review.opened', v_id::text, jsonb_build_object('id', v_id, 'ref', p_ref, 'reason', p_reason), now());
    return v_id;
end
$$;

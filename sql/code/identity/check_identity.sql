-- For `doctor`: whether all that is derived of nodes, active edges and per-node records equals what it is derived from. A row for
-- each breach; none: all is well.
create or replace function check_identity() returns table (law text, detail text)
language plpgsql stable
as $$
begin
    return query
    select 'an active edge joins nodes of one component', format('edge %s: components %s and %s', e.id, a.component, b.component)
    from edge e
    join node a on a.id = e.a
    join node b on b.id = e.b
    where e.active and a.component <> b.component
    union all
    select 'an edge is active as long as its merge is applied', format('edge %s of merge %s: %s', e.id, m.ref, m.state)
    from edge e
    join merge m on m.id = e.merge
    where e.active <> (m.state = 'applied')
    union all
    select 'an identifier has a node', format('%s %s: node %s', i.type, i.value, i.node)
    from identifier i
    where not exists (select from node n where n.id = i.node)
    union all
    -- Connected, and one edge less than nodes: a tree. Most components have one node, for which nothing is called.
    select 'a component is a tree of active edges',
        format('component %s: %s nodes, %s reached, %s edges', t.label, t.nodes, t.reached, t.edges)
    from (
        select
            n.component as label, count(*) as nodes, coalesce(sum(e.edges), 0) as edges,
            case when count(*) = 1 then 1 else (select count(*) from connected_nodes(min(n.id))) end as reached
        from node n
        left join (select x.a, count(*) as edges from edge x where x.active group by x.a) e on e.a = n.id
        group by n.component
    ) t
    where t.reached <> t.nodes or t.edges <> t.nodes - 1
    union all
    select 'a component agrees with its nodes', format('component %s', x.label)
    from (
        select
            k.label, k.identifiers, k.merges,
            case when k.nodes = 1 and k.merges = 0 then k.first else public_node(k.label) end as public_node
        from (
            select
                n.component as label, count(*) filter (where n.erased_at is null) as living, count(*) as nodes, min(n.id) as first,
                coalesce(sum(i.identifiers), 0) as identifiers, coalesce(sum(e.merges), 0) as merges
            from node n
            left join (select o.node, count(*) as identifiers from identifier o group by o.node) i on i.node = n.id
            left join (select o.a, count(*) as merges from edge o where o.active group by o.a) e on e.a = n.id
            group by n.component
        ) k
        where k.living > 0
    ) x
    full join component c on c.label = x.label
    left join node p on p.id = x.public_node
    where (c.label, c.public_node, c.profile_id, c.identifiers::bigint, c.merges::bigint)
        is distinct from (x.label, p.id, p.public_id, x.identifiers, x.merges)
    union all
    select 'a profile''s row shows its component', format('profile %s', coalesce(p.profile_id, r.profile_id))
    from profile_rows(array(select c.label from component c)) r
    full join profiles p on p.profile_id = r.profile_id
    where (p.profile_id, p.user_id, p.email, p.phone, p.first_seen_at, p.last_seen_at)
        is distinct from (r.profile_id, r.user_id, r.email, r.phone, r.first_seen_at, r.last_seen_at)
    union all
    select 'a node''s traits are the fold of its records', format('node %s, trait %s', n.id, f.key)
    from (
        select distinct on (r.node, d.key)
            r.node, d.key, d.value,
            jsonb_build_array((extract(epoch from r.ts) * 1000000)::bigint, r.message_id, r.source) as stamp
        from trait_record r
        cross join lateral jsonb_each(r.delta) d
        order by r.node, d.key, (r.source is not distinct from 0) desc, r.ts desc, r.message_id collate "C" desc, r.seq
    ) f
    full join (
        select n.id, t.key, coalesce(n.traits -> t.key, 'null') as value, t.value as stamp
        from node n
        cross join lateral jsonb_each(n.trait_ts) t
    ) n on n.id = f.node and n.key = f.key
    where (n.value, n.stamp) is distinct from (f.value, f.stamp)
    order by 1, 2;
    if to_regclass('event_log') is not null then
        return query
        select 'first and last seen are those of the events', format('node %s', coalesce(s.node, e.node))
        from activity_seen s
        full join (
            select l.node, min(l.ts) as first_at, date_bin('1 minute', max(l.ts), 'epoch') as last_at
            from event_log l
            where l.node <> 0
            group by l.node
        ) e on e.node = s.node
        where (s.first_at, s.last_at) is distinct from (e.first_at, e.last_at)
          -- Events that were not to be kept any longer leave when somebody was seen.
          and not (exists (select from event_retention_pass) and s.node is not null
              and (e.node is null or (s.first_at <= e.first_at and s.last_at >= e.last_at)))
        order by 2;
    end if;
    if to_regclass('contact_node') is not null then
        return query
        select 'a contact shows the profile of its node', format('contact %s', d.id)
        from contact_node l
        join contacts d on d.id = l.contact_id
        left join node n on n.id = l.node
        left join component c on c.label = n.component
        where d.profile_id is distinct from c.profile_id
        order by 2;
    end if;
end
$$;

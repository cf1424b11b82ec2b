-- What must hold of a tenant's identity tables after every transaction, one row (law, detail) per breach.
-- Run with the search path at the tenant's two schemas. Everything derived is computed anew from nodes, active edges
-- and per-node records: component labels, the rows of component and profiles, each node's own traits.
with recursive
reach (node, other) as (
    select id, id from node
    union
    select r.node, case when e.a = r.other then e.b else e.a end
    from reach r join edge e on e.active and r.other in (e.a, e.b)
),
part as (
    select node, min(other) as oldest from reach group by node
),
live as (
    select p.oldest, p.node, n.component, n.public_id, n.created_at
    from part p join node n on n.id = p.node
    where n.erased_at is null
),
-- The active manual merge of a part with the greatest (created_at, id); its winner's end is edge.a.
named as (
    select distinct on (p.oldest) p.oldest, w.oldest as winner_oldest, m.winner_node, e.a as winner_end
    from merge m
    join edge e on e.merge = m.id and e.active
    join part p on p.node = e.a
    left join part w on w.node = m.winner_node
    where m.winner_node is not null and m.state = 'applied'
    order by p.oldest, m.created_at desc, m.id desc
),
expected as (
    select
        l.oldest,
        min(l.component) as label,
        coalesce(
            (select case when n.winner_oldest = n.oldest then n.winner_node else n.winner_end end
             from named n where n.oldest = l.oldest),
            (array_agg(l.node order by l.created_at, l.node))[1]) as public_node,
        (select count(*) from identifier i join part p on p.node = i.node where p.oldest = l.oldest) as identifiers,
        (select count(*) from edge e join part p on p.node = e.a where e.active and p.oldest = l.oldest) as merges
    from live l
    group by l.oldest
),
delta as (
    select
        r.node, d.key, d.value, r.ts, r.message_id,
        row_number() over (
            partition by r.node, d.key
            order by r.ts desc, r.message_id collate "C" desc
        ) as place
    from trait_record r cross join lateral jsonb_each(r.delta) d
)
select 'one label per profile' as law, format('nodes of %s have %s labels', oldest, count(distinct component)) as detail
from live
group by oldest
having count(distinct component) > 1
union all
select 'one profile per label', format('label %s stands for %s profiles', component, count(distinct oldest))
from live
group by component
having count(distinct oldest) > 1
union all
select 'active edges form a forest', format('%s active edges, %s nodes, %s profiles', edges, nodes, parts)
from (
    select
        (select count(*) from edge where active) as edges,
        (select count(*) from node) as nodes,
        (select count(distinct oldest) from part) as parts
) counted
where edges <> nodes - parts
union all
select 'active edges belong to applied merges', format('edge %s of merge %s, state %s', e.id, m.ref, m.state)
from edge e join merge m on m.id = e.merge
where e.active <> (m.state = 'applied')
union all
select
    'component agrees',
    format('label %s: public node %s, identifiers %s, merges %s; expected %s, %s, %s', x.label, c.public_node,
        c.identifiers, c.merges, x.public_node, x.identifiers, x.merges)
from expected x left join component c on c.label = x.label
where (c.public_node, c.identifiers::bigint, c.merges::bigint) is distinct from (x.public_node, x.identifiers, x.merges)
union all
select 'component shows its public node''s id', format('label %s', c.label)
from component c join node n on n.id = c.public_node
where c.profile_id <> n.public_id
union all
select 'one component row per profile', format('label %s has no live node', c.label)
from component c
where not exists (select from live l where l.component = c.label)
union all
select 'one profiles row per profile', format('profile %s', coalesce(c.profile_id, p.profile_id))
from component c full join profiles p using (profile_id)
where c.profile_id is null or p.profile_id is null
union all
select 'every event has a node or is unassigned', format('message %s under node %s', e.message_id, e.node)
from event_log e
where e.node <> 0 and not exists (select from node n where n.id = e.node)
union all
select 'the view shows each event once', format('%s events, %s in the view', logged, shown)
from (select (select count(*) from event_log) as logged, (select count(*) from events) as shown) counted
where logged <> shown
union all
select 'a node''s traits are the fold of its records', format('node %s, key %s: %s, expected %s', n.id, x.key, n.traits -> x.key, x.value)
from delta x join node n on n.id = x.node
where x.place = 1 and n.erased_at is null and coalesce(n.traits -> x.key, 'null') <> x.value
union all
select 'a node has no trait without a record', format('node %s, key %s', n.id, t.key)
from node n cross join lateral jsonb_each(n.traits) t
where not exists (select from delta x where x.node = n.id and x.key = t.key)
order by 1, 2;

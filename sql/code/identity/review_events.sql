-- The events that asked for what a review is about, newest first. No index finds events by their message: they are looked for among those of
-- the first 20 nodes, at the time of the first of them and among the last 500 of each, so an old one of a busy person can be missing.
create or replace function review_events(p_id uuid)
returns table (event_id uuid, message_id text, name text, at text, received_at text)
language sql stable
as $$
    select e.event_id, e.message_id, coalesce(e.name, e.type), iso_time(e.ts), iso_time(e.received_at)
    from review r
    cross join lateral unnest((r.home || r.nodes)[:20]) as m(node)
    cross join lateral (
        select o.event_id, o.message_id, o.type, o.name, o.ts, o.received_at
        from event_log o
        where o.node = m.node and o.ts = r.effective_at
        union
        (select o.event_id, o.message_id, o.type, o.name, o.ts, o.received_at
        from event_log o
        where o.node = m.node
        order by o.ts desc
        limit 500)
    ) e
    where r.id = p_id and e.message_id = any (r.refs)
    order by e.ts desc
    limit 10
$$;

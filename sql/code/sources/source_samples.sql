-- The last p_limit messages of a source, newest first, as near to what was sent as is known. Of stored events the message is put
-- together again, with the names that the mapping of their time gave; of the quarantine's it is the original, and its type.
-- Stored ones are looked for among the last of those people that the last transactions touched. Raises TD001.
create or replace function source_samples(p_source text, p_limit int4)
returns table (received_at timestamptz, type text, message jsonb, original bytea)
language sql stable
as $$
    with recent as (
        select u.node
        from (select d.nodes from dirty d order by d.seq desc limit 1000) d
        cross join lateral unnest(d.nodes) u(node)
        group by u.node
        limit 400
    ),
    stored as (
        select e.received_at, e.payload, e.type, e.name, e.ts, e.message_id, e.node
        from (select r.node from recent r union select 0) r
        cross join lateral (
            select l.received_at, l.payload, l.type, l.name, l.ts, l.message_id, l.node, l.source
            from event_log l
            where l.node = r.node
            order by l.ts desc, l.seq desc
            limit p_limit
        ) e
        where e.source = source_number(p_source)
        order by e.received_at desc
        limit p_limit
    ),
    told as (
        select
            s.received_at, s.type,
            s.payload || jsonb_strip_nulls(jsonb_build_object(
                'type', s.type, 'messageId', s.message_id, 'timestamp', iso_time(s.ts),
                case when s.type = 'track' then 'event' else 'name' end, s.name, 'traits', t.delta)) as message,
            null::bytea as original
        from stored s
        left join lateral (
            select r.delta from trait_record r where r.node = s.node and r.ts = s.ts and r.message_id = s.message_id limit 1
        ) t on s.type = 'identify'
    ),
    kept as (
        select q.received_at, q.type, null::jsonb as message, q.original
        from quarantine q
        where q.source = source_number(p_source) and q.complete and q.type <> 'webhook'
        order by q.received_at desc, q.id desc
        limit p_limit
    )
    select u.received_at, u.type, u.message, u.original
    from (select * from told union all select * from kept) u
    order by u.received_at desc
    limit p_limit
$$;

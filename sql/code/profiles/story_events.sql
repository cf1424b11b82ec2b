-- Of each given node the first and the last p_events events, as JSON by time.
create or replace function story_events(p_nodes bigint[], p_events int4) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(
        event_summary(e.payload) || jsonb_build_object(
            'node', u.pos - 1, 'id', e.event_id, 'at', iso_time(e.ts), 'type', e.type, 'name', e.name, 'source', s.name,
            'message_id', e.message_id, 'account', a.name
        )
        order by e.ts, e.seq), '[]')
    from unnest(p_nodes) with ordinality u(node, pos)
    cross join lateral (
        select f.* from (
            select x.* from event_log x where x.node = u.node order by x.ts, x.seq limit p_events
        ) f
        union all
        select l.*
        from (
            select x.* from event_log x where x.node = u.node order by x.ts desc, x.seq desc limit p_events
        ) l
        where not exists (
            select
            from (
                select x.ts, x.seq from event_log x where x.node = u.node order by x.ts, x.seq limit p_events
            ) f
            where (f.ts, f.seq) = (l.ts, l.seq)
        )
    ) e
    left join source s on s.id = e.source
    left join accounts a on a.id = e.account_id and e.type = 'group'
$$;

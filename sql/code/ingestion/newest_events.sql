-- The events that were stored last, newest first: found through the nodes that the last p_limit transactions touched, since
-- events themselves are kept by node and time. p_after: only those that were received later; p_source: only those of this one,
-- among the last ten times as many transactions.
create or replace function newest_events(p_after timestamptz, p_limit int4, p_source int2 default null)
returns table (received_at timestamptz, event jsonb)
language plpgsql stable
as $$
declare
    v_nodes bigint[];
begin
    select array_agg(distinct u.node) into v_nodes
    from (
        select n.node
        from (
            select d.seq, d.nodes
            from dirty d
            where p_after is null or d.at >= p_after - interval '1 minute'
            order by d.seq desc
            limit case when p_source is null then p_limit else 10 * p_limit end
        ) d
        cross join lateral unnest(d.nodes) n(node)
        order by d.seq desc
        limit case when p_source is null then 400 else 2000 end
    ) u;
    return query
    select
        e.received_at,
        event_summary(e.payload) || jsonb_build_object(
            'id', e.event_id, 'at', iso_time(e.ts), 'received_at', iso_time(e.received_at), 'type', e.type, 'name', e.name,
            'source', s.name, 'message_id', e.message_id, 'flags', e.flags, 'profile', c.profile_id,
            'person', case when c.profile_id is not null then person_label(c.profile_id) end, 'account', a.name
        )
    from (
        select x.*
        from unnest(v_nodes || 0::bigint) u(node)
        cross join lateral (
            select l.* from event_log l
            where l.node = u.node and (p_source is null or l.source = p_source)
            order by l.ts desc, l.seq desc limit p_limit
        ) x
        where p_after is null or x.received_at > p_after
        order by x.received_at desc, x.seq desc
        limit p_limit
    ) e
    left join node n on n.id = e.node
    left join component c on c.label = n.component
    left join source s on s.id = e.source
    left join accounts a on a.id = e.account_id and e.type = 'group'
    order by e.received_at desc, e.seq desc;
end
$$;

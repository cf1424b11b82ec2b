-- The newest events of the nodes, as rows of record_timeline: the top of each node, then the top of all.
create or replace function record_timeline_events(
    p_nodes bigint[], p_limit integer, p_before timestamptz, p_key text
) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object('at', r.ts, 'key', r.key, 'kind', 'event', 'data', r.data)), '[]')
        from (
            select e.ts, e.key, jsonb_build_object(
                'id', e.event_id, 'type', e.type, 'event', e.name, 'message_id', e.message_id, 'source', s.name,
                'session_id', e.session, 'properties', coalesce(e.payload -> 'properties', '{}'),
                'profile_id', c.profile_id) as data
            from unnest(p_nodes) n (id)
            cross join lateral (
                select l.*, 'event:' || lpad(l.seq::text, 20, '0') as key
                from event_log l
                where l.node = n.id and l.ts <= p_before
                    and (l.ts, ('event:' || lpad(l.seq::text, 20, '0')) collate "C") < (p_before, p_key)
                order by l.ts desc, l.seq desc
                limit p_limit) e
            join node o on o.id = e.node
            left join component c on c.label = o.component
            left join source s on s.id = e.source
            order by e.ts desc, e.key collate "C" desc
            limit p_limit) r);
end
$$;

-- A person's events, newest first, behind (p_before_at, p_before_seq) if given: of each node its newest, then the newest of all.
create or replace function person_events(
    p_profile uuid, p_before_at timestamptz, p_before_seq int8, p_limit int4
) returns table (at timestamptz, seq int8, event jsonb)
language plpgsql stable
as $$
begin
    return query
    select
        e.ts, e.seq,
        event_summary(e.payload) || jsonb_build_object(
            'id', e.event_id, 'at', iso_time(e.ts), 'received_at', iso_time(e.received_at), 'type', e.type, 'name', e.name,
            'source', s.name, 'message_id', e.message_id, 'session', e.session, 'node_id', n.public_id,
            'flags', e.flags, 'account', a.name
        )
    from node o
    join node n on n.component = o.component
    cross join lateral (
        select x.*
        from event_log x
        where x.node = n.id and (p_before_at is null or (x.ts, x.seq) < (p_before_at, p_before_seq))
        order by x.ts desc, x.seq desc
        limit p_limit
    ) e
    left join source s on s.id = e.source
    left join accounts a on a.id = e.account_id and e.type = 'group'
    where o.public_id = p_profile
    order by e.ts desc, e.seq desc
    limit p_limit;
end
$$;

-- The part of profile_timeline that events are: the newest before a point, keys `event:<seq>`.
create or replace function profile_timeline_events(p_label bigint, p_before_at timestamptz, p_before_key text, p_limit int4)
returns table (at timestamptz, key text, item jsonb)
language plpgsql stable
as $$
begin
    if to_regclass('event_log') is null then
        return;
    end if;
    return query
    select e.ts, e.key, jsonb_build_object('at', iso_time(e.ts), 'kind', 'event') || event_json(
        e.event_id, e.message_id, e.type, e.name, e.ts, e.received_at, s.name, e.session, e.account_id, e.payload
    )
    from (
        select x.*
        from node n
        cross join lateral (
            select l.*, 'event:' || lpad(l.seq::text, 19, '0') as key
            from event_log l
            where l.node = n.id
              and l.ts <= p_before_at
              and (l.ts < p_before_at or ('event:' || lpad(l.seq::text, 19, '0')) collate "C" < p_before_key)
            order by l.ts desc, l.seq desc
            limit p_limit
        ) x
        where n.component = p_label
        order by x.ts desc, x.key collate "C" desc
        limit p_limit
    ) e
    left join source s on s.id = e.source;
end
$$;

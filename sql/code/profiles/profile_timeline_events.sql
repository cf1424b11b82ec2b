-- The part of profile_timeline that events are: per node its newest before a point, keys `event:<seq>`.
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
    from node n
    cross join lateral (
        select x.*, 'event:' || lpad(x.seq::text, 19, '0') as key
        from event_log x
        where x.node = n.id
          and x.ts <= p_before_at
          and (x.ts < p_before_at or ('event:' || lpad(x.seq::text, 19, '0')) collate "C" < p_before_key)
        order by x.ts desc, x.seq desc
        limit p_limit
    ) e
    left join source s on s.id = e.source
    where n.component = p_label;
end
$$;

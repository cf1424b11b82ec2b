-- Events of a profile, newest first: the top of each node's, then the top of those. p_before_ts, p_before_seq: the last one of
-- the page before. Raises TD001.
create or replace function profile_events(p_id uuid, p_before_ts timestamptz, p_before_seq bigint, p_limit int4)
returns table (ts timestamptz, seq bigint, event jsonb)
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
begin
    if to_regclass('event_log') is null then
        return;
    end if;
    return query
    select e.ts, e.seq, event_json(
        e.event_id, e.message_id, e.type, e.name, e.ts, e.received_at, s.name, e.session, e.account_id, e.payload
    )
    from node n
    cross join lateral (
        select x.*
        from event_log x
        where x.node = n.id
          and x.ts <= coalesce(p_before_ts, 'infinity')
          and (p_before_ts is null or (x.ts, x.seq) < (p_before_ts, p_before_seq))
        order by x.ts desc, x.seq desc
        limit p_limit
    ) e
    left join source s on s.id = e.source
    where n.component = v_label
    order by e.ts desc, e.seq desc
    limit p_limit;
end
$$;

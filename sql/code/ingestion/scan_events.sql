-- The next stored events behind (p_node, p_ts, p_seq), each person's in order of time: those that p_filter means (see replay_wants, and
-- after and before: the event's time), p_limit at most. Looks at a bounded number of events; the last row may be one that is not
-- wanted and only says how far it looked. at_end: there are no more.
create or replace function scan_events(p_filter jsonb, p_node bigint, p_ts timestamptz, p_seq bigint, p_limit int4)
returns table (
    node bigint, ts timestamptz, seq bigint, received_at timestamptz, event_id uuid, message_id text, type text, name text,
    account_id uuid, source int2, session text, flags int4, payload jsonb, wanted boolean, at_end boolean
)
language plpgsql stable
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    c_scan constant int4 := 5000;
    v_sources int2[] := quarantine_sources(p_filter);
    v_after timestamptz := coalesce((p_filter ->> 'after')::timestamptz, '-infinity');
    v_before timestamptz := coalesce((p_filter ->> 'before')::timestamptz, 'infinity');
begin
    return query
    with scanned as (
        select e.*, row_number() over (order by e.node, e.ts, e.seq) as pos
        from (
            select l.* from event_log l
            where (l.node, l.ts, l.seq) > (p_node, p_ts, p_seq) and l.ts >= v_after and l.ts < v_before
            order by l.node, l.ts, l.seq
            limit c_scan
        ) e
    ), looked as (
        select s.*, replay_wants(p_filter, v_sources, s.source, s.type, s.name) as wanted, s.pos = c.count as is_last,
            s.pos = c.count and c.count < c_scan as at_end
        from scanned s
        cross join (select count(*) as count from scanned) c
    )
    select
        k.node, k.ts, k.seq, k.received_at, k.event_id, k.message_id, k.type, k.name, k.account_id, k.source, k.session,
        k.flags, k.payload, k.wanted, k.at_end
    from looked k
    where k.wanted or k.is_last
    order by k.pos
    limit p_limit;
end
$$;

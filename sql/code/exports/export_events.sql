-- The next stored events of an export, each person's in order of time, behind (p_node, p_ts, p_seq): those that p_filter means
-- (see replay_wants, and after and before: the event's time). A page looks at a bounded number of events; the last row may be one
-- that is not wanted and only says how far it looked. at_end: there are no more.
create or replace function export_events(p_filter jsonb, p_node bigint, p_ts timestamptz, p_seq bigint, p_limit int4)
returns table (node bigint, ts timestamptz, seq bigint, item jsonb, wanted boolean, at_end boolean)
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
            c.count < c_scan as is_whole
        from scanned s
        cross join (select count(*) as count from scanned) c
    )
    select
        k.node, k.ts, k.seq,
        case when k.wanted then event_json(
            k.event_id, k.message_id, k.type, k.name, k.ts, k.received_at, s.name, k.session, k.account_id, k.payload
        ) || jsonb_build_object('profile_id', p.profile_id) end,
        k.wanted, k.is_last and k.is_whole
    from (select * from looked l where l.wanted or l.is_last order by l.pos limit p_limit) k
    left join lateral (
        select c.profile_id
        from component c where c.label = (select n.component from node n where n.id = k.node) offset 0
    ) p on true
    left join lateral (select o.name from source o where o.id = k.source offset 0) s on true
    order by k.pos;
end
$$;

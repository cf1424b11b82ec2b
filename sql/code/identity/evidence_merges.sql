-- For simulations of rules: the next p_limit edges behind p_after. Of a merge by an event or alias: the event, its time, receipt
-- and place, and what it named (null: that was not kept yet). Of one that people made: when. Undone and erased ones are left out: what parted them stands, or they are gone.
create or replace function evidence_merges(p_after bigint, p_limit int4)
returns table (
    id bigint, a bigint, b bigint, by_event boolean, at timestamptz, message_id text, received_at timestamptz, seq bigint,
    named jsonb
)
language sql stable
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
    select
        g.id, g.a, g.b, m.cause in ('event', 'alias'), m.effective_at, m.message_id,
        coalesce(e.received_at, m.created_at), coalesce(e.seq, 0),
        m.detail -> 'identifiers'
    from (select o.* from edge o where o.id > p_after and o.active order by o.id limit p_limit) g
    cross join lateral (select o.* from merge o where o.id = g.merge offset 0) m
    left join lateral (
        select l.received_at, l.seq
        from event_log l
        where l.node = g.a and l.ts = m.effective_at and l.message_id = m.message_id and m.cause in ('event', 'alias')
        limit 1
    ) e on true
    order by g.id
$$;

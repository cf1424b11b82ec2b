-- For simulations of rules: the identifiers of the next p_limit nodes behind p_after, each with the event that attached it: its
-- time, its receipt and its place among those received together. No receipt: a record attached it, or its event is not kept.
-- A node without identifiers is answered with nulls, so that the caller knows how far it is.
create or replace function evidence_identifiers(p_after bigint, p_limit int4)
returns table (
    node bigint, type text, value text, attached_at timestamptz, event_id uuid, received_at timestamptz, seq bigint
)
language sql stable
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
    select n.id, i.type, i.value, i.attached_at, i.first_event, e.received_at, e.seq
    from (select o.id from node o where o.id > p_after order by o.id limit p_limit) n
    left join lateral (select o.* from identifier o where o.node = n.id offset 0) i on true
    left join lateral (
        select l.received_at, l.seq
        from event_log l
        where l.node = n.id and l.ts = i.attached_at and l.event_id = i.first_event
        limit 1
    ) e on true
    order by n.id
$$;

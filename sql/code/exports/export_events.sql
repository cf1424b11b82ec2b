-- The next stored events of an export, as scan_events gives them, each as the API shows it with its profile; item: null where it is
-- not wanted.
create or replace function export_events(p_filter jsonb, p_node bigint, p_ts timestamptz, p_seq bigint, p_limit int4)
returns table (node bigint, ts timestamptz, seq bigint, item jsonb, wanted boolean, at_end boolean)
language sql stable
as $$
    select
        k.node, k.ts, k.seq,
        case when k.wanted then event_json(
            k.event_id, k.message_id, k.type, k.name, k.ts, k.received_at, s.name, k.session, k.account_id, k.payload
        ) || jsonb_build_object('profile_id', p.profile_id) end,
        k.wanted, k.at_end
    from scan_events(p_filter, p_node, p_ts, p_seq, p_limit) k
    left join lateral (
        select c.profile_id
        from component c where c.label = (select n.component from node n where n.id = k.node) offset 0
    ) p on true
    left join lateral (select o.name from source o where o.id = k.source offset 0) s on true
    order by k.node, k.ts, k.seq
$$;

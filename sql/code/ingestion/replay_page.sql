-- The next stored events of a replay, as scan_events gives them, behind the operation's cursor: its time, and node and sequence as the
-- halves of its id. traits: what an identify sent; group_id: of a group call that is the latest for its group.
create or replace function replay_page(p_operation uuid, p_limit int4)
returns table (
    place uuid, node bigint, ts timestamptz, received_at timestamptz, event_id uuid, message_id text, type text, name text,
    source int2, flags int4, payload jsonb, traits jsonb, group_id text, wanted boolean, at_end boolean
)
language plpgsql stable
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    v_node bigint := -1;
    v_ts timestamptz := '-infinity';
    v_seq bigint := 0;
    v_operation record;
begin
    select o.input, o.cursor_at, replace(o.cursor_id::text, '-', '') as place into v_operation
    from operation o where o.id = p_operation;
    if v_operation.place is not null then
        v_ts := v_operation.cursor_at;
        v_node := ('x' || left(v_operation.place, 16))::bit(64)::bigint;
        v_seq := ('x' || right(v_operation.place, 16))::bit(64)::bigint;
    end if;
    return query
    select
        (lpad(to_hex(k.node), 16, '0') || lpad(to_hex(k.seq), 16, '0'))::uuid, k.node, k.ts, k.received_at, k.event_id,
        k.message_id, k.type, k.name, k.source, k.flags, k.payload, t.delta, m.group_id, k.wanted, k.at_end
    from scan_events(v_operation.input, v_node, v_ts, v_seq, p_limit) k
    left join lateral (
        select r.delta from trait_record r
        where k.type = 'identify' and r.node = k.node and r.ts = k.ts and r.message_id = k.message_id
        order by r.seq desc
        limit 1
    ) t on true
    left join lateral (
        select j.group_id from membership j
        where k.type = 'group' and j.node = k.node and j.message_id = k.message_id and not j."left"
        limit 1
    ) m on true
    order by k.node, k.ts, k.seq;
end
$$;

-- A page of an export: what stands in records first (node 0, by its place), then the events. p_after_…: the keys of the last item
-- before it. Raises TD001.
create or replace function export_page(
    p_request uuid, p_after_node bigint, p_after_at timestamptz, p_after_place bigint, p_limit integer
) returns table (node bigint, at timestamptz, place bigint, item jsonb)
language plpgsql stable
as $$
declare
    v_request record;
    v_count integer := 0;
begin
    select r.nodes, r.contacts, r.leads into v_request
    from privacy_request r where r.id = p_request and r.kind = 'export' and r.state = 'done';
    if not found then
        raise exception 'no such export' using errcode = 'TD001';
    end if;
    if coalesce(p_after_node, 0) = 0 then
        return query
        select 0::bigint, 'epoch'::timestamptz, e.n, e.item
        from export_records(v_request.nodes, v_request.contacts, v_request.leads) with ordinality e(item, n)
        where e.n > coalesce(p_after_place, 0)
        order by e.n
        limit p_limit;
        get diagnostics v_count = row_count;
    end if;
    if to_regclass('event_log') is null or v_count >= p_limit then
        return;
    end if;
    return query
    select l.node, l.ts, l.seq, jsonb_build_object('kind', 'event', 'data', jsonb_build_object(
        'type', l.type, 'name', l.name, 'timestamp', iso_time(l.ts), 'received_at', iso_time(l.received_at),
        'message_id', l.message_id, 'payload', l.payload))
    from event_log l
    where l.node = any (v_request.nodes)
        and (coalesce(p_after_node, 0) = 0 or (l.node, l.ts, l.seq) > (p_after_node, p_after_at, p_after_place))
    order by l.node, l.ts, l.seq
    limit p_limit - v_count;
end
$$;

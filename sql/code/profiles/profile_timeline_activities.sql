-- The part of profile_timeline that activities of the profile's contacts and leads are, keys `activity:<id>`.
create or replace function profile_timeline_activities(p_label bigint, p_before_at timestamptz, p_before_key text, p_limit int4)
returns table (at timestamptz, key text, item jsonb)
language plpgsql stable
as $$
begin
    if to_regclass('activities') is null then
        return;
    end if;
    return query
    select a.at, 'activity:' || a.id, jsonb_build_object(
        'at', iso_time(a.at), 'kind', 'activity', 'id', a.id, 'type', a.type, 'direction', a.direction, 'status', a.status,
        'subject', a.subject
    )
    from (
        select distinct
            x.id, coalesce(x.started_at, x.ended_at, x.due_at, x.created_at) as at, x.type, x.direction, x.status, x.subject
        from (
            select n.id, cn.contact_id as record_id
            from node n join contact_node cn on cn.node = n.id
            where n.component = p_label
            union all
            select n.id, ln.lead_id from node n join lead_node ln on ln.node = n.id where n.component = p_label
        ) r
        join activity_links l on l.record_id = r.record_id
        join activities x on x.id = l.activity_id
    ) a
    where (a.at, ('activity:' || a.id) collate "C") < (p_before_at, p_before_key)
    order by 1 desc, 2 desc
    limit p_limit;
end
$$;

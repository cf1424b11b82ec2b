-- The newest activities linked to any of the records, as rows of record_timeline.
create or replace function record_timeline_activities(
    p_records uuid[], p_limit integer, p_before timestamptz, p_key text
) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object('at', r.at, 'key', r.key, 'kind', 'activity', 'data', r.data)), '[]')
        from (
            select a.at, a.key, jsonb_build_object(
                'id', a.id, 'type', a.type, 'direction', a.direction, 'status', a.status, 'subject', a.subject,
                'outcome', a.outcome, 'owner_id', a.owner_id, 'duration_s', a.duration_s) as data
            from (
                select distinct on (t.id) t.*, coalesce(t.started_at, t.ended_at, t.due_at, t.created_at) as at,
                    'activity:' || t.id as key
                from activity_links l join activities t on t.id = l.activity_id
                where l.record_id = any (p_records)) a
            where (a.at, a.key collate "C") < (p_before, p_key)
            order by a.at desc, a.key collate "C" desc
            limit p_limit) r);
end
$$;

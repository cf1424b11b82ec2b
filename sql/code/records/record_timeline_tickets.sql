-- When tickets were opened and solved, newest first, as rows of record_timeline.
create or replace function record_timeline_tickets(
    p_tickets uuid[], p_limit integer, p_before timestamptz, p_key text
) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object('at', r.at, 'key', r.key, 'kind', 'ticket', 'data', r.data)), '[]')
        from (
            select s.at, s.key, jsonb_build_object(
                'id', t.id, 'step', s.step, 'subject', t.subject, 'status', t.status, 'priority', t.priority,
                'channel', t.channel, 'owner_id', t.owner_id) as data
            from tickets t
            cross join lateral (values
                (t.created_at, 'ticket:' || t.id || ':opened', 'opened'), (t.solved_at, 'ticket:' || t.id || ':solved', 'solved')
            ) s (at, key, step)
            where t.id = any (p_tickets) and s.at is not null and (s.at, s.key collate "C") < (p_before, p_key)
            order by s.at desc, s.key collate "C" desc
            limit p_limit) r);
end
$$;

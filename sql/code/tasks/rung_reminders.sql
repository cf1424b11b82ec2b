-- What was reminded of and is still to be done and not seen yet, as planned_activities answers it, with since: of one owner (null: of everyone).
create or replace function rung_reminders(p_owner uuid, p_zone text, p_now timestamptz, p_limit int4)
returns table (activity jsonb)
language plpgsql stable
as $$
begin
    return query
    select activity_json(a.id) || jsonb_build_object(
        'state', due_state(a.due_at, a.due_date, known_zone(u.time_zone, p_zone), p_now), 'about', '[]'::jsonb, 'since', iso_time(r.since))
    from (
        select x.activity_id, min(x.sent_at) as since
        from reminder x
        where x.sent_at is not null and x.seen_at is null and x.channel = 'console'
        group by x.activity_id
    ) r
    join activities a on a.id = r.activity_id and a.status = 'planned'
    left join users u on u.id = a.owner_id
    where (p_owner is null or a.owner_id = p_owner) and may_read('activity', a.id)
    order by r.since, a.id
    limit p_limit;
end
$$;

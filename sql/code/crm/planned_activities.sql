-- What is planned and not done, with how it stands in its owner's time zone (see due_state), the most urgent first: of one owner (null: of
-- everyone), or linked to one of p_records (null: to anything), due before the end of p_days days from now (null: whenever).
create or replace function planned_activities(
    p_owner uuid, p_records uuid[], p_days int4, p_zone text, p_now timestamptz, p_limit int4
) returns table (state text, activity jsonb)
language plpgsql stable
as $$
begin
    return query
    select s.state, activity_json(s.id) || jsonb_build_object('state', s.state, 'about', (
        select coalesce(jsonb_agg(jsonb_build_object('object', l.object, 'id', l.record_id, 'name', r.name) order by l.object, r.name), '[]')
        from activity_links l
        cross join lateral (
            select a.name from accounts a where l.object = 'account' and a.id = l.record_id
            union all
            select coalesce(c.name, c.email) from contacts c where l.object = 'contact' and c.id = l.record_id
            union all
            select coalesce(nullif(concat_ws(' ', d.first_name, d.last_name), ''), d.email, d.company)
            from leads d where l.object = 'lead' and d.id = l.record_id
            union all
            select o.name from opportunities o where l.object = 'opportunity' and o.id = l.record_id
        ) r
        where l.activity_id = s.id
    ))
    from (
        select v.id, due_state(v.due_at, v.due_date, z.zone, p_now) as state,
            coalesce(v.due_at, (v.due_date + 1)::timestamp at time zone z.zone) as due, v.priority
        from (
            select a.*
            from activities a
            where p_records is null and a.status = 'planned'
            union all
            select a.*
            from (select distinct l.activity_id from activity_links l where l.record_id = any (p_records)) k
            join activities a on a.id = k.activity_id
            where a.status = 'planned'
        ) v
        left join users u on u.id = v.owner_id
        cross join lateral known_zone(u.time_zone, p_zone) z (zone)
        where (p_owner is null or v.owner_id = p_owner) and (
            p_days is null or v.due_at < p_now + make_interval(days => p_days + 2) or v.due_date <= p_now::date + p_days + 2
        )
    ) s
    where p_days is null or s.state in ('overdue', 'today', 'week')
    order by s.due nulls last, array_position(array['high', 'normal', 'low'], s.priority), s.id
    limit p_limit;
end
$$;

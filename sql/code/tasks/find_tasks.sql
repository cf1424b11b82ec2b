-- What is planned and not done of what the caller may read, by when it is due, what has no date last, behind (p_after, p_after_id; p_after null: among
-- what has no date) if an id is given: of one owner, or of nobody; p_state: only what stands so (see due_state). p_zone: of the tenant, for owners
-- without one. `due`: where a page ends.
create or replace function find_tasks(
    p_owner uuid, p_unowned boolean, p_state text, p_zone text, p_now timestamptz, p_after timestamptz, p_after_id uuid, p_limit int4
) returns table (due text, task jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select iso_time(q.due), activity_json(q.id) || jsonb_build_object('state', q.state, 'about', activity_subjects(q.id))
        from (
            select v.id, v.state, v.due
            from (
                select a.id, due_state(a.due_at, a.due_date, z.zone, $5) as state,
                    coalesce(a.due_at, (a.due_date + 1)::timestamp at time zone z.zone) as due
                from activities a
                left join users u on u.id = a.owner_id
                cross join lateral known_zone(u.time_zone, $4) z (zone)
                where a.status = 'planned' and %s and ($1 is null or a.owner_id = $1) and (not $2 or a.owner_id is null)
            ) v
            where ($3 is null or v.state = $3) and ($7 is null or (coalesce(v.due, 'infinity'), v.id) > (coalesce($6, 'infinity'), $7))
            order by coalesce(v.due, 'infinity'), v.id
            limit $8
        ) q
        order by coalesce(q.due, 'infinity'), q.id
        $q$, record_condition('activity', 'read', 'a')
    ) using p_owner, p_unowned, p_state, p_zone, p_now, p_after, p_after_id, p_limit;
end
$$;

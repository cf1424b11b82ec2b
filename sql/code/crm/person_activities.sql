-- The activities linked with a person's contacts and leads, newest first, before p_before if given.
create or replace function person_activities(p_profile uuid, p_before timestamptz, p_limit int4)
returns table (at timestamptz, activity jsonb)
language plpgsql stable
as $$
begin
    return query
    select x.at, activity_json(x.id)
    from (
        select distinct v.id, coalesce(v.started_at, v.due_at, v.created_at) as at
        from node o
        join node n on n.component = o.component
        cross join lateral (
            select c.contact_id as id from contact_node c where c.node = n.id
            union all
            select l.lead_id from lead_node l where l.node = n.id
        ) r
        join activity_links l on l.record_id = r.id and l.object in ('contact', 'lead')
        join activities v on v.id = l.activity_id
        where o.public_id = p_profile
    ) x
    where (p_before is null or x.at < p_before) and may_read('activity', x.id)
    order by x.at desc, x.id desc
    limit p_limit;
end
$$;

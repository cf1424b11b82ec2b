-- Leads of the caller's reach that ask for somebody: new ones that nobody has done anything about and that are no contact yet, and those that got their owner within a week.
-- Newest first, behind the first p_offset. `total`: how many there are.
create or replace function today_leads(p_owner uuid, p_now timestamptz, p_offset int4, p_limit int4) returns table (lead jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select lead_json(y.id) || jsonb_build_object(
            'is_untouched', y.is_untouched, 'assigned_at', iso_time(y.assigned_at), 'call', call_person('lead', y.id), 'total', y.total
        )
        from (
            select x.*, count(*) over () as total
            from (
                select d.id, coalesce(h.at, d.created_at) as at, h.at as assigned_at,
                    d.status = 'new' and not exists (select from activity_links l where l.record_id = d.id)
                        and not exists (select from contacts c where c.email_norm = d.email_norm and %s) as is_untouched
                from leads d
                left join lateral (
                    select max(r.at) as at
                    from record_history r
                    where r.record_id = d.id and r.object = 'lead' and r.at > $2 - interval '7 days'
                        and r.changes #>> '{owner_id,1}' = d.owner_id::text
                ) h on $4 and d.owner_id is not null and d.updated_at > $2 - interval '7 days'
                where %s and d.status in ('new', 'working', 'nurturing') and ($1 is null or d.owner_id = $1)
            ) x
            where x.is_untouched or x.assigned_at is not null
            order by x.at desc, x.id desc
            limit $3 offset $5
        ) y
        order by y.at desc, y.id desc
        $q$, record_condition('contact', 'read', 'c'), record_condition('lead', 'read', 'd')
    ) using p_owner, p_now, p_limit, shows_field('lead', 'owner_id'), p_offset;
end
$$;

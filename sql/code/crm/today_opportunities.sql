-- Open opportunities of the caller's reach that ask for somebody: without a next step, longer in their stage than it allows, or past their close
-- date. Those with most reasons first, among them the next to close, behind the
-- first p_offset. `call`: whom to call, `total`: how many there are.
create or replace function today_opportunities(
    p_owner uuid, p_zone text, p_now timestamptz, p_offset int4, p_limit int4
) returns table (opportunity jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select opportunity_json(y.id) || jsonb_build_object(
            'has_no_next_step', y.has_no_next_step, 'is_past', y.is_past, 'days_in_stage', y.days, 'is_rotten', y.is_rotten, 'total', y.total,
            'call', (
                select call_person('contact', k.contact_id)
                from opportunity_contacts k
                where k.opportunity_id = y.id and may_read('contact', k.contact_id)
                order by k."primary" desc, k.contact_id
                limit 1
            )
        )
        from (
            select x.*, count(*) over () as total
            from (
                select o.id, %2$s as close_date, s.days, coalesce(s.days > g.rotten_days, false) as is_rotten,
                    coalesce(%2$s < ($3 at time zone $2)::date, false) as is_past,
                    not exists (
                        select from activity_links l
                        join activities a on a.id = l.activity_id
                        where l.record_id = o.id and a.status = 'planned'
                    ) as has_no_next_step
                from opportunities o
                join stages g on g.id = o.stage_id
                left join lateral (
                    select (extract(epoch from $3 - coalesce(max(t.entered_at), o.created_at)) / 86400)::integer as days
                    from opportunity_stages t
                    where t.opportunity_id = o.id and t.open
                ) s on true
                where %1$s and o.status = 'open' and ($1 is null or o.owner_id = $1)
            ) x
            where x.has_no_next_step or x.is_past or x.is_rotten
            order by x.has_no_next_step::integer + x.is_past::integer + x.is_rotten::integer desc, x.close_date nulls last, x.id
            limit $4 offset $5
        ) y
        order by y.has_no_next_step::integer + y.is_past::integer + y.is_rotten::integer desc, y.close_date nulls last, y.id
        $q$, record_condition('opportunity', 'read', 'o'),
        case when shows_field('opportunity', 'close_date') then 'o.close_date' else 'null::date' end
    ) using p_owner, p_zone, p_now, p_limit, p_offset;
end
$$;

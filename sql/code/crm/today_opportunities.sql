-- Open opportunities that ask for somebody: without a next step, longer in their stage than it allows, or past their close date. Those with
-- most reasons first, among them the next to close.
create or replace function today_opportunities(
    p_owner uuid, p_zone text, p_now timestamptz, p_limit int4
) returns table (opportunity jsonb)
language plpgsql stable
as $$
begin
    return query
    select opportunity_json(x.id) || jsonb_build_object(
        'has_no_next_step', x.has_no_next_step, 'is_past', x.is_past, 'days_in_stage', x.days, 'is_rotten', x.is_rotten
    )
    from (
        select o.id, o.close_date, s.days, coalesce(s.days > g.rotten_days, false) as is_rotten,
            coalesce(o.close_date < (p_now at time zone p_zone)::date, false) as is_past,
            not exists (
                select from activity_links l
                join activities a on a.id = l.activity_id
                where l.record_id = o.id and a.status = 'planned'
            ) as has_no_next_step
        from opportunities o
        join stages g on g.id = o.stage_id
        left join lateral (
            select (extract(epoch from p_now - coalesce(max(t.entered_at), o.created_at)) / 86400)::integer as days
            from opportunity_stages t
            where t.opportunity_id = o.id and t.open
        ) s on true
        where o.status = 'open' and (p_owner is null or o.owner_id = p_owner)
    ) x
    where x.has_no_next_step or x.is_past or x.is_rotten
    order by x.has_no_next_step::integer + x.is_past::integer + x.is_rotten::integer desc, x.close_date nulls last, x.id
    limit p_limit;
end
$$;

-- A rep's day: what is planned (overdue, today, the week after), leads and opportunities that ask for somebody, and accounts that are busy.
-- p_owner null: everyone's. p_zone: of the tenant, for owners without one. Of each at most p_limit, of what is planned of each of the three.
create or replace function today_page(p_owner uuid, p_zone text, p_now timestamptz, p_limit int4, p_has_events boolean) returns jsonb
language plpgsql stable
as $$
declare
    v_unassigned bigint;
begin
    execute format(
        'select count(*) from leads d where d.owner_id is null and d.status in (''new'', ''working'', ''nurturing'') and %s
            and not exists (select from contacts c where c.email_norm = d.email_norm and %s)',
        record_condition('lead', 'read', 'd'), record_condition('contact', 'read', 'c')
    ) into v_unassigned;
    return jsonb_build_object(
        'counts', count_planned(p_owner, p_zone, p_now, 1000),
        'planned', (
            select coalesce(jsonb_agg(p.activity order by p.n), '[]')
            from planned_activities(p_owner, null, 7, p_zone, p_now, p_limit) with ordinality p (state, activity, n)
        ),
        'leads', (select coalesce(jsonb_agg(d.lead order by d.n), '[]') from today_leads(p_owner, p_now, 0, p_limit) with ordinality d (lead, n)),
        'unassigned', case when shows_field('lead', 'owner_id') then v_unassigned else 0 end,
        'opportunities', (
            select coalesce(jsonb_agg(o.opportunity order by o.n), '[]')
            from today_opportunities(p_owner, p_zone, p_now, 0, p_limit) with ordinality o (opportunity, n)
        ),
        'accounts', case when p_has_events then (
            select coalesce(jsonb_agg(h.account order by h.n), '[]')
            from hot_accounts(p_owner, p_now, p_limit) with ordinality h (account, n)
        ) else '[]' end
    );
end
$$;

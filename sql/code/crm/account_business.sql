-- What the CRM holds of an account: contacts, opportunities (open ones first, then the newest) and activities, each at most
-- p_limit, and what its opportunities are worth.
create or replace function account_business(p_account uuid, p_limit int4) returns jsonb
language plpgsql stable
as $$
begin
    return account_worth(p_account) || jsonb_build_object(
        'contacts', (
            select coalesce(jsonb_agg(x.contact order by x.name nulls last, x.id), '[]')
            from (
                select c.id, c.name, jsonb_build_object(
                    'id', c.id, 'name', c.name, 'title', c.title, 'email', c.email, 'role', ac.role,
                    'profile', c.profile_id
                ) as contact
                from account_contacts ac
                join contacts c on c.id = ac.contact_id
                where ac.account_id = p_account
                order by c.name nulls last, c.id
                limit p_limit
            ) x
        ),
        'opportunities', (
            select coalesce(jsonb_agg(opportunity_json(o.id) order by o.status = 'open' desc, o.close_date desc nulls last, o.id), '[]')
            from (
                select o.id, o.status, o.close_date
                from opportunities o
                where o.account_id = p_account
                order by o.status = 'open' desc, o.close_date desc nulls last, o.id
                limit p_limit
            ) o
        ),
        'activities', (
            select coalesce(jsonb_agg(activity_json(x.id) order by x.at desc, x.id desc), '[]')
            from (
                select v.id, coalesce(v.started_at, v.due_at, v.created_at) as at
                from (
                    select l.activity_id from activity_links l where l.record_id = p_account and l.object = 'account'
                    union
                    select l.activity_id
                    from account_contacts ac
                    join activity_links l on l.record_id = ac.contact_id and l.object = 'contact'
                    where ac.account_id = p_account
                    union
                    select l.activity_id
                    from opportunities o
                    join activity_links l on l.record_id = o.id and l.object = 'opportunity'
                    where o.account_id = p_account
                ) k
                join activities v on v.id = k.activity_id
                order by 2 desc, 1 desc
                limit p_limit
            ) x
        )
    );
end
$$;

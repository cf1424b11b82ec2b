-- What the CRM holds of an account: contacts and opportunities (open ones first, then the newest), each at most p_limit,
-- and what its opportunities are worth, its own and those of all accounts below it.
create or replace function account_business(p_account uuid, p_limit int4) returns jsonb
language plpgsql stable
as $$
begin
    return account_worth(p_account) || jsonb_build_object(
        'tree', account_tree_worth(p_account),
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
        )
    );
end
$$;

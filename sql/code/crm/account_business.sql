-- What the CRM holds of an account, as far as the caller may read it: contacts and opportunities (open ones first, then the newest), each at most p_limit,
-- and what its opportunities are worth, its own and those of all accounts below it.
create or replace function account_business(p_account uuid, p_limit int4) returns jsonb
language plpgsql stable
as $$
declare
    v_contacts uuid[];
    v_opportunities uuid[];
begin
    if is_restricted() then
        v_contacts := readable_ids('contact', array(select ac.contact_id from account_contacts ac where ac.account_id = p_account));
        v_opportunities := readable_ids('opportunity', array(select o.id from opportunities o where o.account_id = p_account));
    end if;
    return account_worth(p_account) || jsonb_build_object(
        'tree', account_tree_worth(p_account),
        'contacts', (
            select coalesce(jsonb_agg(x.contact order by x.name nulls last, x.id), '[]')
            from (
                select c.id, case when shows_field('contact', 'name') then c.name end as name, shown_fields('contact', jsonb_build_object(
                    'id', c.id, 'name', c.name, 'title', c.title, 'email', c.email, 'role', ac.role,
                    'profile', c.profile_id
                )) as contact
                from account_contacts ac
                join contacts c on c.id = ac.contact_id
                where ac.account_id = p_account and (v_contacts is null or c.id = any (v_contacts))
                order by 2 nulls last, c.id
                limit p_limit
            ) x
        ),
        'opportunities', (
            select coalesce(jsonb_agg(opportunity_json(o.id) order by o.status = 'open' desc, o.close_date desc nulls last, o.id), '[]')
            from (
                select o.id, o.status, o.close_date
                from opportunities o
                where o.account_id = p_account and (v_opportunities is null or o.id = any (v_opportunities))
                order by o.status = 'open' desc, o.close_date desc nulls last, o.id
                limit p_limit
            ) o
        )
    );
end
$$;

-- An account as a list shows it, without what the caller may not see of it; may_edit: whether the caller may change it.
create or replace function account_json(p_id uuid) returns jsonb
language sql stable
as $$
    select shown_fields('account', jsonb_build_object(
        'id', a.id, 'name', a.name, 'domain', a.domain, 'industry', a.industry, 'employee_count', a.employee_count,
        'annual_revenue', a.annual_revenue::text, 'currency', a.currency, 'lifecycle', a.lifecycle, 'group_id', a.group_id,
        'parent_id', p.id, 'parent', p.name, 'owner', u.name, 'city', a.address_city, 'country', a.address_country,
        'website', a.website, 'phone', a.phone, 'description', a.description, 'created_at', iso_time(a.created_at),
        'members', (
            select count(distinct n.component) from membership m join node n on n.id = m.node where m.group_id = any (account_groups(a.id))
        ),
        'may_edit', is_within('account', 'edit', a.owner_id), 'may_take', may_take('account', a.owner_id)
    ))
    from accounts a
    left join accounts p on p.id = a.parent_id and may_read('account', p.id)
    left join users u on u.id = a.owner_id and may_read('user', u.id)
    where a.id = p_id
$$;

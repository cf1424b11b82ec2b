-- A contact as a list shows it, with the account that the person stands for, without what the caller may not see of it; may_edit: whether
-- the caller may change it.
create or replace function contact_json(p_id uuid) returns jsonb
language sql stable
as $$
    select shown_fields('contact', jsonb_build_object(
        'id', c.id, 'name', c.name, 'title', c.title, 'email', c.email, 'phone', c.phone, 'profile', c.profile_id,
        'owner', u.name, 'owner_id', c.owner_id, 'do_not_contact', c.do_not_contact, 'language', c.language,
        'time_zone', c.time_zone, 'city', c.address_city, 'country', c.address_country, 'tags', to_jsonb(c.tags),
        'created_at', iso_time(c.created_at), 'account_id', a.id, 'account', a.name,
        'may_edit', is_within('contact', 'edit', c.owner_id), 'may_take', may_take('contact', c.owner_id)
    ))
    from contacts c
    left join users u on u.id = c.owner_id and may_read('user', u.id)
    left join lateral (
        select x.id, x.name
        from account_contacts ac
        join accounts x on x.id = ac.account_id
        where ac.contact_id = c.id and shows_field('contact', 'accounts') and may_read('account', x.id)
        order by ac."primary" desc, (ac."to" is null) desc, x.name, x.id
        limit 1
    ) a on true
    where c.id = p_id
$$;

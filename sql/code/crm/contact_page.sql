-- A contact as its page shows it: ways to reach the person and channels that they refused, accounts, opportunities, leads it came from, who said what. Raises TD001.
create or replace function contact_page(p_id uuid, p_limit int4) returns jsonb
language plpgsql stable
as $$
declare
    v_contact jsonb := contact_json(p_id);
begin
    perform require_right('contact', p_id, 'read');
    if v_contact is null then
        raise exception 'no such contact' using errcode = 'TD001';
    end if;
    return v_contact || shown_fields('contact', jsonb_build_object(
        'person', case when v_contact ->> 'profile' is not null and level_of('profile', 'read') = 'all' then person_label((v_contact ->> 'profile')::uuid) end,
        'channels', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'kind', h.kind, 'value', h.value, 'label', h.label, 'primary', h."primary", 'opted_out', h.opted_out, 'invalid', h.invalid
            ) order by h.kind, h."primary" desc, h.value), '[]')
            from contact_channels h
            where h.contact_id = p_id
        ),
        'accounts', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', a.id, 'name', a.name, 'role', ac.role, 'from', ac."from", 'to', ac."to", 'primary', ac."primary"
            ) order by ac."primary" desc, (ac."to" is null) desc, a.name, a.id), '[]')
            from account_contacts ac
            join accounts a on a.id = ac.account_id
            where ac.contact_id = p_id and may_read('account', a.id)
        ),
        'opportunities', (
            select coalesce(jsonb_agg(opportunity_json(o.id) order by o.status = 'open' desc, o.close_date desc nulls last, o.id), '[]')
            from (
                select x.id, x.status, x.close_date
                from opportunities x
                where x.id in (select oc.opportunity_id from opportunity_contacts oc where oc.contact_id = p_id) and may_read('opportunity', x.id)
                order by x.status = 'open' desc, x.close_date desc nulls last, x.id
                limit p_limit
            ) o
        ),
        'leads', (
            select coalesce(jsonb_agg(lead_json(d.id) order by d.created_at desc, d.id), '[]')
            from leads d
            where d.converted_contact_id = p_id and may_read('lead', d.id)
        ),
        'sources', record_sources('contact', p_id),
        'refused_channels', refused_channels(p_id)
    ));
end
$$;

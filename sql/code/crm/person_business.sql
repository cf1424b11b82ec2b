-- What the CRM knows of a person, as far as the caller may read it: contacts and leads of the family's nodes (see person_family), their accounts, and their
-- opportunities, else the newest of their accounts'. Answers {"contacts", "leads", "accounts", "opportunities"}.
create or replace function person_business(p_profile uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_nodes bigint[] := person_family(p_profile, 24);
    v_contacts uuid[];
    v_accounts uuid[];
    v_opportunities uuid[];
begin
    select array_agg(distinct c.contact_id) into v_contacts from contact_node c where c.node = any (v_nodes);
    select array_agg(distinct x.id) into v_accounts
    from (
        select ac.account_id as id from account_contacts ac where ac.contact_id = any (v_contacts)
        union all
        select a.id
        from unnest(v_nodes) n(node)
        cross join lateral current_memberships(n.node) g
        join accounts a on a.id = group_account(g.group_id)
    ) x;
    if is_restricted() then
        v_contacts := readable_ids('contact', v_contacts);
    end if;
    select array_agg(o.id) into v_opportunities
    from (
        select o.id
        from opportunities o
        left join opportunity_contacts oc on oc.opportunity_id = o.id and oc.contact_id = any (v_contacts)
        where (o.account_id = any (v_accounts) or oc.contact_id is not null)
          and may_read('opportunity', o.id)
        group by o.id
        order by bool_or(oc.contact_id is not null) desc, (o.status = 'open') desc, o.created_at desc, o.id
        limit 5
    ) o;
    return jsonb_build_object(
        'contacts', (
            select coalesce(jsonb_agg(shown_fields('contact', jsonb_build_object(
                'id', c.id, 'name', c.name, 'title', c.title, 'email', c.email, 'phone', c.phone,
                'node', n.public_id, 'profile', c.profile_id, 'created_at', iso_time(c.created_at),
                'accounts', (
                    select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'role', ac.role) order by a.name), '[]')
                    from account_contacts ac
                    join accounts a on a.id = ac.account_id
                    where ac.contact_id = c.id and may_read('account', a.id)
                )
            )) order by c.created_at, c.id), '[]')
            from contacts c
            join contact_node k on k.contact_id = c.id
            join node n on n.id = k.node
            where c.id = any (v_contacts)
        ),
        'leads', (
            select coalesce(jsonb_agg(shown_fields('lead', jsonb_build_object(
                'id', l.id, 'name', nullif(concat_ws(' ', l.first_name, l.last_name), ''), 'email', l.email,
                'company', l.company, 'status', l.status, 'source', l.source, 'node', n.public_id,
                'profile', l.profile_id, 'created_at', iso_time(l.created_at)
            )) order by l.created_at, l.id), '[]')
            from lead_node k
            join leads l on l.id = k.lead_id
            join node n on n.id = k.node
            where k.node = any (v_nodes) and may_read('lead', l.id)
        ),
        'accounts', (
            select coalesce(jsonb_agg(account_json(a.id) order by a.name), '[]') from accounts a
            where a.id = any (v_accounts) and may_read('account', a.id)
        ),
        'opportunities', (
            select coalesce(jsonb_agg(opportunity_json(o.id) order by o.created_at desc, o.id), '[]')
            from opportunities o
            where o.id = any (v_opportunities)
        )
    );
end
$$;

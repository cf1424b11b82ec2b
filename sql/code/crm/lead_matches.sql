-- What is there already of a lead, as far as the caller may read it: {"accounts", "contacts"} as arrays of {"id", "name", "reason"}, at most five each. An account by
-- its company key or by the domain of the lead's address; a contact by its person or by its address.
create or replace function lead_matches(p_lead uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_lead record;
begin
    select l.company_key, l.email_norm, n.component as label into v_lead
    from leads l
    left join lead_node ln on ln.lead_id = l.id
    left join node n on n.id = ln.node
    where l.id = p_lead;
    return jsonb_build_object(
        'accounts', (
            select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'reason', a.reason)), '[]')
            from (
                select a.id, a.name, case when a.company_key = v_lead.company_key then 'company' else 'domain' end as reason
                from accounts a
                where (a.company_key = v_lead.company_key or a.domain = nullif(split_part(v_lead.email_norm, '@', 2), ''))
                  and readable_ids('account', array[a.id]) <> '{}'
                order by 3, a.created_at, a.id
                limit 5
            ) a
        ),
        'contacts', (
            select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'reason', c.reason)), '[]')
            from (
                select d.id, coalesce(
                    case when shows_field('contact', 'name') then d.name end, case when shows_field('contact', 'email') then d.email end
                ) as name, case when bool_or(m.is_person) then 'person' else 'email' end as reason
                from (
                    select cn.contact_id as id, true as is_person
                    from node n join contact_node cn on cn.node = n.id
                    where n.component = v_lead.label
                    union all
                    select c.id, false from contacts c where c.email_norm = v_lead.email_norm
                ) m
                join contacts d on d.id = m.id and readable_ids('contact', array[d.id]) <> '{}'
                group by d.id
                order by 3 desc, d.created_at, d.id
                limit 5
            ) c
        )
    );
end
$$;

-- The channels on which a contact's person wants to hear nothing at all: categories email, phone, sms that were refused.
create or replace function refused_channels(p_contact uuid) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(c.category order by c.category), '[]')
    from contact_node k
    join node n on n.id = k.node
    cross join lateral component_consent(n.component) c
    where k.contact_id = p_contact and not c.granted and c.category in ('email', 'phone', 'sms')
$$;

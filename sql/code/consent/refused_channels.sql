-- The channels on which the person of a contact or a lead wants to hear nothing at all: categories email, phone, sms that were refused.
create or replace function refused_channels(p_record uuid) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(distinct c.category order by c.category), '[]')
    from (
        select k.node from contact_node k where k.contact_id = p_record
        union
        select k.node from lead_node k where k.lead_id = p_record
    ) k
    join node n on n.id = k.node
    cross join lateral component_consent(n.component) c
    where not c.granted and c.category in ('email', 'phone', 'sms')
$$;

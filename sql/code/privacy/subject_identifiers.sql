-- All identifiers of a person, normalised: those of the nodes, and the addresses and numbers of the contacts and leads, live or in the bin.
create or replace function subject_identifiers(p_nodes bigint[], p_contacts uuid[], p_leads uuid[])
returns table (type text, value text)
language plpgsql stable
as $$
begin
    return query
    select i.type::text, i.value::text from identifier i where i.node = any (p_nodes);
    if to_regclass('contact_node') is not null then
        return query
        select k.type, k.value
        from (
            select 'email' as type, c.email_norm::text as value from contacts c where c.id = any (p_contacts)
            union
            select 'phone', c.phone_e164::text from contacts c where c.id = any (p_contacts)
            union
            select 'email', lower(c.value) from contact_channels c where c.contact_id = any (p_contacts) and c.kind = 'email'
            union
            select 'phone', c.phone_e164::text from contact_channels c where c.contact_id = any (p_contacts)
            union
            select 'email', l.email_norm::text from leads l where l.id = any (p_leads)
            union
            select 'phone', l.phone_e164::text from leads l where l.id = any (p_leads)
            union
            select 'email', e from binned_persons() b, unnest(b.emails) e where b.id = any (p_contacts || p_leads)
            union
            select 'phone', e from binned_persons() b, unnest(b.phones) e where b.id = any (p_contacts || p_leads)
        ) k
        where k.value is not null;
    end if;
end
$$;

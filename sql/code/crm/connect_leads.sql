-- Links leads that have no node yet to the owner of their e-mail address, if there is one.
create or replace function connect_leads(p_leads uuid[]) returns void
language plpgsql
as $$
begin
    insert into lead_node (lead_id, node)
    select d.id, i.node
    from leads d join identifier i on i.type = 'email' and i.value = d.email_norm
    where d.id = any (p_leads)
    order by d.id
    on conflict (lead_id) do nothing;
    update leads d
    set profile_id = k.profile_id
    from lead_node l join node n on n.id = l.node join component k on k.label = n.component
    where d.id = any (p_leads) and l.lead_id = d.id and d.profile_id is distinct from k.profile_id;
end
$$;

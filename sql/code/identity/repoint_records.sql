-- Contacts and leads of the components' nodes show the profile that is live now; what events feed is folded anew. Contacts that
-- one person has now may be duplicates: that is for a person to say.
create or replace function repoint_records(p_labels bigint[]) returns void
language plpgsql
as $$
declare
    v_nodes bigint[];
    v_contacts uuid[];
begin
    v_nodes := array(select n.id from node n where n.component = any (p_labels));
    if not exists (select from contact_node c where c.node = any (v_nodes))
        and not exists (select from lead_node l where l.node = any (v_nodes))
    then
        return;
    end if;
    update contacts c
    set profile_id = k.profile_id
    from component k
    cross join lateral (select o.id from node o where o.component = k.label offset 0) n
    cross join lateral (select o.contact_id from contact_node o where o.node = n.id offset 0) l
    where k.label = any (p_labels) and c.id = l.contact_id and c.profile_id is distinct from k.profile_id;

    update leads d
    set profile_id = k.profile_id
    from component k
    cross join lateral (select o.id from node o where o.component = k.label offset 0) n
    cross join lateral (select o.lead_id from lead_node o where o.node = n.id offset 0) l
    where k.label = any (p_labels) and d.id = l.lead_id and d.profile_id is distinct from k.profile_id;

    select array_agg(l.contact_id order by l.contact_id) into v_contacts from contact_node l where l.node = any (v_nodes);
    insert into duplicate_suggestion (id, object, a, b, other_object, reasons, created_at)
    select uuidv7(), 'contact', least(f.contact_id, f.first), greatest(f.contact_id, f.first), 'contact',
        '{same_profile}', now()
    from (
        select l.contact_id, min(l.contact_id::text) over (partition by n.component)::uuid as first
        from node n
        cross join lateral (select o.contact_id from contact_node o where o.node = n.id offset 0) l
        where n.id = any (v_nodes)
    ) f
    where f.contact_id <> f.first
    order by 3, 4
    on conflict (a, b) do nothing;
    if v_contacts is not null and to_regprocedure('refold_contacts(uuid[])') is not null then
        perform refold_contacts(v_contacts);
    end if;
end
$$;

-- Contacts and leads of the components' nodes show the profile that is live now; what events feed is folded anew. Contacts that
-- one person has now may be duplicates: that is for a person to say.
create or replace function repoint_records(p_labels bigint[]) returns void
language plpgsql
as $$
declare
    v_contacts uuid[];
begin
    perform
    from node n
    left join contact_node c on c.node = n.id
    left join lead_node l on l.node = n.id
    where n.component = any (p_labels) and (c.node is not null or l.node is not null)
    limit 1;
    if not found then
        return;
    end if;
    update contacts c
    set profile_id = k.profile_id
    from component k
    join node n on n.component = k.label
    join contact_node l on l.node = n.id
    where k.label = any (p_labels) and c.id = l.contact_id and c.profile_id is distinct from k.profile_id;

    update leads d
    set profile_id = k.profile_id
    from component k
    join node n on n.component = k.label
    join lead_node l on l.node = n.id
    where k.label = any (p_labels) and d.id = l.lead_id and d.profile_id is distinct from k.profile_id;

    select array_agg(l.contact_id order by l.contact_id) into v_contacts
    from node n
    join contact_node l on l.node = n.id
    where n.component = any (p_labels);
    insert into duplicate_suggestion (id, object, a, b, reason, state, created_at)
    select uuidv7(), 'contact', least(f.contact_id, f.first), greatest(f.contact_id, f.first), 'same_profile', 'open', now()
    from (
        select l.contact_id, min(l.contact_id::text) over (partition by n.component)::uuid as first
        from node n
        join contact_node l on l.node = n.id
        where n.component = any (p_labels)
    ) f
    where f.contact_id <> f.first
    order by 3, 4
    on conflict (a, b) do nothing;
    if v_contacts is not null and to_regprocedure('refold_contacts(uuid[])') is not null then
        perform refold_contacts(v_contacts);
    end if;
end
$$;

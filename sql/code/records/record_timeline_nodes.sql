-- The nodes of the persons behind a record: of its contacts (p_contacts), of a lead, and of an account's members.
create or replace function record_timeline_nodes(p_object text, p_id uuid, p_contacts uuid[]) returns bigint[]
language plpgsql stable
as $$
declare
    v_nodes bigint[] := '{}';
begin
    if cardinality(p_contacts) > 0 then
        v_nodes := array(select l.node from contact_node l where l.contact_id = any (p_contacts));
    end if;
    if p_object = 'lead' then
        v_nodes := array(select l.node from lead_node l where l.lead_id = p_id);
    elsif p_object = 'account' then
        v_nodes := v_nodes || array(
            select m.node from membership m where m.group_id = any (account_groups(p_id)) limit 1000);
    end if;
    return array(
        select distinct m.id
        from node n join node m on m.component = n.component
        where n.id = any (v_nodes));
end
$$;

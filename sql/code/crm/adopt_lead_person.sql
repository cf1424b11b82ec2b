-- Makes a lead's person that of a contact without one: `linked`. Of a contact that is another person's it opens a review:
-- `review`. Null: nothing was to be done.
create or replace function adopt_lead_person(p_lead uuid, p_contact uuid, p_node bigint, p_actor text) returns text
language plpgsql
as $$
declare
    v_node bigint := (select c.node from contact_node c where c.contact_id = p_contact);
begin
    if p_node is null then
        return null;
    elsif v_node is null then
        insert into contact_node (contact_id, node) values (p_contact, p_node);
        update contacts c
        set profile_id = (select k.profile_id from component k where k.label = (select n.component from node n where n.id = p_node))
        where c.id = p_contact;
        return 'linked';
    elsif (select n.component from node n where n.id = v_node) = (select n.component from node n where n.id = p_node) then
        return null;
    end if;
    perform open_review(
        'lead:' || p_lead, 'manual', array[v_node, p_node], now(), jsonb_build_object('lead_id', p_lead, 'actor', p_actor)
    );
    return 'review';
end
$$;

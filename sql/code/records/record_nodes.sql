-- The identity nodes whose audiences may depend on these records.
create or replace function record_nodes(p_object text, p_ids uuid[]) returns bigint[]
language plpgsql stable
as $$
begin
    case p_object
        when 'contact' then
            return array(select l.node from contact_node l where l.contact_id = any (p_ids));
        when 'lead' then
            return array(select l.node from lead_node l where l.lead_id = any (p_ids));
        when 'opportunity' then
            return array(
                select l.node from opportunity_contacts c join contact_node l on l.contact_id = c.contact_id
                where c.opportunity_id = any (p_ids));
        else
            return '{}';
    end case;
end
$$;

-- The nodes of the persons behind contacts or leads, in the order of the records; none for other objects.
create or replace function record_persons(p_object text, p_ids uuid[]) returns bigint[]
language plpgsql stable
as $$
begin
    if p_object = 'contact' then
        return array(
            select l.node
            from unnest(p_ids) with ordinality u(id, pos) join contact_node l on l.contact_id = u.id
            order by u.pos
        );
    elsif p_object = 'lead' then
        return array(
            select l.node from unnest(p_ids) with ordinality u(id, pos) join lead_node l on l.lead_id = u.id order by u.pos
        );
    end if;
    return '{}';
end
$$;

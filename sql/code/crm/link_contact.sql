-- Links a contact to the node that stands for its person, chosen once: a contact that has its node keeps it.
create or replace function link_contact(p_contact uuid, p_node bigint) returns void
language plpgsql
as $$
begin
    insert into contact_node (contact_id, node) values (p_contact, p_node) on conflict (contact_id) do nothing;
    perform refold_contacts(array[p_contact]);
end
$$;

-- Activities that contacts and leads, live or in the bin, are linked to, and tickets that they have or had.
create or replace function person_talks(p_persons uuid[], out activities uuid[], out tickets uuid[])
language plpgsql stable
as $$
begin
    activities := array(
        select l.activity_id from activity_links l where l.record_id = any (p_persons)
        union
        select b.record_id
        from bin b, jsonb_array_elements(b.children #> '{rows,activity_links}') l
        where b.object = 'activity' and (l ->> 'record_id')::uuid = any (p_persons)
        union
        select (l ->> 'activity_id')::uuid
        from bin b, jsonb_array_elements(b.children #> '{rows,activity_links}') l
        where b.record_id = any (p_persons));
    tickets := array(
        select t.id from tickets t where t.contact_id = any (p_persons)
        union
        select b.record_id from bin b where b.object = 'ticket' and (b.data ->> 'contact_id')::uuid = any (p_persons)
        union
        -- A deleted contact's tickets have lost it.
        select r::uuid
        from bin b, jsonb_array_elements_text(b.children #> '{references,tickets,contact_id}') r
        where b.record_id = any (p_persons));
end
$$;

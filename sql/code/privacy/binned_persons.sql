-- Contacts and leads that lie in the bin, with the node of their person and how they are reached, normalised. Reads all of them.
create or replace function binned_persons() returns table (object text, id uuid, node bigint, emails text[], phones text[])
language sql stable
as $$
    select b.object, b.record_id, (b.children #>> array['rows', b.object || '_node', '0', 'node'])::bigint,
        array_remove((b.data ->> 'email_norm') || array(
            select lower(btrim(c ->> 'value')) from jsonb_array_elements(b.children #> '{rows,contact_channels}') c
            where c ->> 'kind' = 'email'), null),
        array_remove((b.data ->> 'phone_e164') || array(
            select c ->> 'phone_e164' from jsonb_array_elements(b.children #> '{rows,contact_channels}') c), null)
    from bin b
    where b.object in ('contact', 'lead')
$$;

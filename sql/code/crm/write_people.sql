-- write_records for contacts and leads of people and imports, with what binds them to persons: a new contact is linked to
-- the person it names (item: person: {type, value} normalised, or {id}), else to the owner of its e-mail address, else to
-- a new one; a changed address is attached to the contact's person. A new lead is linked to the owner of its address.
-- Raises TD008 if a person is named by an id that nobody has.
create or replace function write_people(
    p_object text, p_source smallint, p_rank smallint, p_at timestamptz, p_actor text, p_cause text, p_items jsonb
) returns table (idx integer, id uuid, outcome text, version integer, code text, detail jsonb)
language plpgsql
set jit to off
as $$
#variable_conflict use_column
declare
    v_results jsonb := (
        select coalesce(jsonb_agg(to_jsonb(w) order by w.idx), '[]')
        from write_records(p_object, p_source, p_rank, p_at, p_actor, p_cause, p_items) w);
    v_new uuid[] := array(select (r ->> 'id')::uuid from jsonb_array_elements(v_results) r where r ->> 'outcome' = 'created');
    v_addressed uuid[] := array(
        select (r ->> 'id')::uuid
        from jsonb_array_elements(v_results) r
        cross join lateral (select p_items -> (r ->> 'idx')::integer as item) i
        where r ->> 'outcome' in ('created', 'updated')
          and (i.item -> 'data' ?| array['email', 'channels'] or i.item -> 'match' ? 'email'));
begin
    if p_object = 'contact' and cardinality(v_new || v_addressed) > 0 then
        perform connect_contacts(v_new, array(
            select p_items -> (r ->> 'idx')::integer -> 'person'
            from jsonb_array_elements(v_results) r where r ->> 'outcome' = 'created'), p_source, coalesce(p_at, now()));
        perform attach_contact_emails(v_addressed, p_source, coalesce(p_at, now()), p_actor);
    elsif p_object = 'lead' and cardinality(v_new) > 0 then
        perform connect_leads(v_new);
    end if;
    return query
        select (r ->> 'idx')::integer, (r ->> 'id')::uuid, r ->> 'outcome',
            coalesce(c.version, (r ->> 'version')::integer), r ->> 'code', nullif(r -> 'detail', 'null')
        from jsonb_array_elements(v_results) r
        left join record_versions(p_object, v_new) c on c.id = (r ->> 'id')::uuid
        order by 1;
end
$$;

-- write_records for contacts and leads of people and imports, with what binds them to persons: see choose_persons and
-- attach_contact_emails.
create or replace function write_people(
    p_object text, p_source smallint, p_rank smallint, p_at timestamptz, p_actor text, p_cause text, p_items jsonb
) returns table (idx integer, id uuid, outcome text, version integer, code text, detail jsonb)
language plpgsql
as $$
begin
    return query select * from write_records(p_object, p_source, p_rank, p_at, p_actor, p_cause, p_items, true);
end
$$;

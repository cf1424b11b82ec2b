-- write_records as people write: contacts and leads with what binds them to persons.
create or replace function bulk_write(p_object text, p_actor text, p_cause text, p_items jsonb)
returns table (idx integer, id uuid, outcome text, version integer, code text, detail jsonb)
language plpgsql
as $$
begin
    if p_object in ('contact', 'lead') then
        return query select * from write_people(p_object, 0::int2, 40::int2, now(), p_actor, p_cause, p_items);
    else
        return query select * from write_records(p_object, 0::int2, 40::int2, now(), p_actor, p_cause, p_items);
    end if;
end
$$;

-- How many records of an object, or profiles, there are to compare.
create or replace function count_records(p_object text) returns int8
language plpgsql stable
as $$
begin
    return case p_object
        when 'account' then (select count(*) from accounts)
        when 'contact' then (select count(*) from contacts)
        when 'lead' then (select count(*) from leads l where l.status <> 'converted')
        when 'profile' then (select count(*) from profile_features())
        else 0
    end;
end
$$;

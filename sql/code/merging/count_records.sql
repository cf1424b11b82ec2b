-- How many records of an object are compared.
create or replace function count_records(p_object text) returns int8
language plpgsql stable
as $$
begin
    return case p_object when 'account' then (select count(*) from accounts) when 'contact' then (select count(*) from contacts) else 0 end;
end
$$;

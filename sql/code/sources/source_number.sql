-- The number of the source of that name or id. Raises TD001.
create or replace function source_number(p_source text) returns int2
language plpgsql stable
as $$
declare
    v_number int2;
begin
    select s.id into v_number from source s where s.id > 0 and (s.name = p_source or s.source_id::text = p_source);
    if not found then
        raise exception 'no such source' using errcode = 'TD001';
    end if;
    return v_number;
end
$$;

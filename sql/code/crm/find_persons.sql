-- The nodes of persons by the id of their profile, where one is given, else by an identifier; null where there is none.
create or replace function find_persons(p_ids uuid[], p_types text[], p_values text[]) returns bigint[]
language plpgsql stable
as $$
begin
    return array(
        select case
            when u.id is not null then (select n.id from node n where n.public_id = u.id)
            else (select x.node from identifier x where x.type = u.type and x.value = u.value) end
        from unnest(p_ids, p_types, p_values) with ordinality u (id, type, value, n)
        order by u.n);
end
$$;

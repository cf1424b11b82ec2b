-- The live profile that an identifier (normalised) belongs to, or null.
create or replace function profile_of_identifier(p_type text, p_value text) returns uuid
language sql stable
as $$
    select (
        select c.profile_id
        from identifier i
        join node n on n.id = i.node
        join component c on c.label = n.component
        where i.type = p_type and i.value = p_value
    )
$$;

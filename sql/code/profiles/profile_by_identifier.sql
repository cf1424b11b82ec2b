-- The profile that an identifier (normalised) belongs to, as profile_show shows it. Raises TD001.
create or replace function profile_by_identifier(p_type text, p_value text) returns jsonb
language plpgsql stable
as $$
declare
    v_id uuid;
begin
    select n.public_id into v_id
    from identifier i
    join node n on n.id = i.node
    where i.type = p_type and i.value = p_value;
    return profile_show(v_id);
end
$$;

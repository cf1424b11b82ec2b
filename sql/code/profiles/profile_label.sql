-- The component of a profile by the public id of any of its nodes; null if there is none or it was erased.
create or replace function profile_label(p_id uuid) returns bigint
language plpgsql stable
as $$
begin
    return (
        select c.label from node n join component c on c.label = n.component where n.public_id = p_id and n.erased_at is null
    );
end
$$;

-- The component of a profile by the public id of any of its nodes. Raises TD001 if there is none or it was erased.
create or replace function profile_label(p_id uuid) returns bigint
language plpgsql stable
as $$
declare
    v_label bigint;
begin
    select c.label into v_label
    from node n
    join component c on c.label = n.component
    where n.public_id = p_id and n.erased_at is null;
    if v_label is null then
        raise exception 'no such profile' using errcode = 'TD001';
    end if;
    return v_label;
end
$$;

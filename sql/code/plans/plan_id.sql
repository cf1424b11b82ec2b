-- The id of the plan of that name or id. Raises TD001.
create or replace function plan_id(p_plan text) returns uuid
language plpgsql stable
as $$
declare
    v_id uuid;
begin
    select t.id into v_id from tracking_plan t where t.name = p_plan or t.id::text = p_plan;
    if not found then
        raise exception 'no such tracking plan' using errcode = 'TD001';
    end if;
    return v_id;
end
$$;

-- Raises TD001 where the caller may not read the record, TD018 where the caller may read it and not do p_action with it.
create or replace function require_right(p_object text, p_id uuid, p_action text) returns void
language plpgsql stable
as $$
begin
    if not is_restricted() then
        return;
    elsif readable_ids(p_object, array[p_id]) = '{}' then
        raise exception 'no such %', p_object using errcode = 'TD001';
    elsif readable_ids(p_object, array[p_id], p_action) = '{}' then
        raise exception 'not allowed' using errcode = 'TD018', detail = refusal(p_object, p_action);
    end if;
end
$$;

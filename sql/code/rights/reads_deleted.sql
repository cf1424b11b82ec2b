-- Whether the caller may read what is left of a record that is not there any more (p_data: what it was last): of a deleted or merged one its last
-- owner decides; of a saved list, whether it was shared; of what follows its record, as comments do, whether that may be read now.
create or replace function reads_deleted(p_object text, p_data jsonb) returns boolean
language plpgsql stable
as $$
begin
    if not is_restricted() then
        return true;
    elsif p_object = 'view' then
        return level_of('view', 'read') <> 'none' and (
            p_data -> 'shared' = 'true' or coalesce(p_data ->> 'owner_id' = nullif(current_setting('tandem.user', true), ''), false));
    elsif (select d.follows from object_description d where d.object = p_object) then
        return level_of(p_object, 'read') <> 'none'
            and exists (select from known_ids(p_data ->> 'object', array[(p_data ->> 'object_id')::uuid]));
    end if;
    return is_within(p_object, 'read', (p_data ->> 'owner_id')::uuid);
end
$$;

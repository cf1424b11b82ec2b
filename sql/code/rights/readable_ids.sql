-- Those of the records that the caller may read, or do p_action with.
create or replace function readable_ids(p_object text, p_ids uuid[], p_action text default 'read') returns uuid[]
language plpgsql stable
as $$
declare
    v_ids uuid[];
begin
    if not is_restricted() then
        return p_ids;
    end if;
    execute format(
        'select array(select t.id from %I t where t.id = any ($1) and %s)',
        (select o.relation from object_description o where o.object = p_object), record_condition(p_object, p_action))
    into v_ids using p_ids;
    return v_ids;
end
$$;

-- The live records that merged ones, which were looked up by these values of a field, have become.
create or replace function aliased(p_object text, p_field text, p_values text[]) returns table (value text, id uuid)
language sql stable
as $$
    select distinct a.value, r.new_id
    from record_alias a
    join record_redirect r on r.old_id = a.record_id
    where a.value = any (p_values) and a.field = p_field and a.object = p_object
$$;

-- Whether an item of a wave says something of the record's children.
create or replace function brings_children(p_object jsonb, p_items jsonb[]) returns boolean
language plpgsql immutable
as $$
declare
    v_names text[] := array(select jsonb_array_elements_text(p_object -> 'made_of'));
begin
    return v_names <> '{}' and exists (select from unnest(p_items) i where i ? 'add' or i -> 'data' ?| v_names);
end
$$;

-- Whether a wave has links that missing_references must look for: in fields, in children, or by object and id.
create or replace function refers(p_object jsonb, p_items jsonb[]) returns boolean
language plpgsql immutable
as $$
declare
    v_columns text[] := array(select jsonb_array_elements_text(p_object -> 'linked')) || array['object', 'object_id'];
begin
    return exists (select from unnest(p_items) i where i -> 'new' ?| v_columns) or brings_children(p_object, p_items);
end
$$;

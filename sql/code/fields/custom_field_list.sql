-- The custom fields of an object (null: of all) in their order, as custom_field_json has them, hidden ones among them.
create or replace function custom_field_list(p_object text) returns table (item jsonb)
language sql stable
as $$
    select custom_field_json(f.object, f.name)
    from custom_field f
    where f.object = p_object or p_object is null
    order by f.object, f.position, f.name
$$;

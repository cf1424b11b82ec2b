-- A custom field as the API shows it, without what does not hold of its type.
create or replace function custom_field_json(p_object text, p_name text) returns jsonb
language sql stable
as $$
    select jsonb_strip_nulls(to_jsonb(f) - 'created_at' - 'updated_at') || jsonb_build_object(
        'created_at', iso_time(f.created_at), 'updated_at', iso_time(f.updated_at)
    )
    from custom_field f
    where f.object = p_object and f.name = p_name
$$;

-- The options of a custom field, from its JSON.
create or replace function custom_field_options(p_field jsonb) returns text[]
language sql immutable
as $$
    select array(select jsonb_array_elements_text(p_field -> 'options'))
$$;

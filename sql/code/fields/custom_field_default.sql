-- The default of a custom field's column, as SQL: a constant, so that no row is rewritten; null: none.
create or replace function custom_field_default(p_field jsonb) returns text
language sql stable
as $$
    select case
        when p_field ->> 'type' = 'multi_select' then
            format('%L::text[]', array(select jsonb_array_elements_text(coalesce(p_field -> 'default', '[]'))))
        when p_field ->> 'default' is not null then
            format('%L::%s', p_field ->> 'default', custom_field_column(p_field ->> 'type'))
    end
$$;

-- What BI tools show of a custom field's column.
create or replace function custom_field_comment(p_field jsonb) returns text
language sql immutable
as $$
    select concat_ws(': ', p_field ->> 'label', nullif(p_field ->> 'help', ''))
$$;

-- The condition that holds of a custom field's values, as SQL; null: its type says all. (Patterns are of another dialect than
-- PostgreSQL's and checked before the write.)
create or replace function custom_field_check(p_field jsonb) returns text
language sql stable
as $$
    select nullif(concat_ws(
        ' and ',
        case p_field ->> 'type'
            when 'percent' then format('%I between 0 and 100', p_field ->> 'name')
            when 'currency' then format('%I ~ %L', p_field ->> 'name', '^[A-Z]{3}$')
            when 'text' then
                format('octet_length(%I) <= %s', p_field ->> 'name', coalesce(p_field ->> 'maximum_bytes', '1000'))
            when 'select' then format('%I = any (%L::text[])', p_field ->> 'name', custom_field_options(p_field))
            when 'multi_select' then format('%I <@ %L::text[]', p_field ->> 'name', custom_field_options(p_field))
        end,
        case when p_field ->> 'minimum' is not null then format('%I >= %L', p_field ->> 'name', p_field ->> 'minimum') end,
        case when p_field ->> 'maximum' is not null then format('%I <= %L', p_field ->> 'name', p_field ->> 'maximum') end
    ), '')
$$;

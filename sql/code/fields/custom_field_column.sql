-- The type of the column of a custom field's type.
create or replace function custom_field_column(p_type text) returns text
language sql immutable
as $$
    select case p_type
        when 'integer' then 'bigint'
        when 'decimal' then 'numeric(19,4)'
        when 'money' then 'numeric(19,4)'
        when 'percent' then 'numeric(5,2)'
        when 'boolean' then 'boolean'
        when 'date' then 'date'
        when 'timestamp' then 'timestamptz'
        when 'multi_select' then 'text[]'
        when 'link' then 'uuid'
        else 'text'
    end
$$;

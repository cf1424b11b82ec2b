-- A trait's value as a boolean; null if it is none.
create or replace function trait_boolean(p_value jsonb) returns boolean
language sql immutable parallel safe
as $$
    select case
        when jsonb_typeof(p_value) = 'boolean' then (p_value #>> '{}')::boolean
        when jsonb_typeof(p_value) = 'string' and lower(p_value #>> '{}') in ('true', 'false') then (p_value #>> '{}')::boolean
    end
$$;

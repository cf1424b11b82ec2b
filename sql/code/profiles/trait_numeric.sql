-- A trait's value as a number; null if it is none. Digits behind a leading zero are no number but a code.
create or replace function trait_numeric(p_value jsonb) returns numeric
language sql immutable parallel safe
as $$
    select case
        when jsonb_typeof(p_value) = 'number' then (p_value #>> '{}')::numeric
        when jsonb_typeof(p_value) = 'string' and p_value #>> '{}' ~ '^[+-]?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?$'
            then (p_value #>> '{}')::numeric
    end
$$;

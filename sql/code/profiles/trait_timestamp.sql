-- A trait's value as a point in time (ISO 8601; UTC unless it names a zone); null if it is none.
create or replace function trait_timestamp(p_value jsonb) returns timestamptz
language plpgsql immutable parallel safe
set timezone = 'UTC'
as $$
begin
    if jsonb_typeof(p_value) <> 'string' or p_value #>> '{}' !~
        '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?$'
    then
        return null;
    end if;
    return (p_value #>> '{}')::timestamptz;
exception
    when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
        return null;
end
$$;

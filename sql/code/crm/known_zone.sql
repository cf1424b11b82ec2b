-- A time zone that PostgreSQL knows: the one that is asked for, else the other.
create or replace function known_zone(p_zone text, p_default text) returns text
language plpgsql stable
as $$
begin
    perform now() at time zone p_zone;
    return coalesce(nullif(p_zone, ''), p_default);
exception when invalid_parameter_value then
    return p_default;
end
$$;

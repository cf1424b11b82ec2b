-- Whether the caller may see a field of an object.
create or replace function shows_field(p_object text, p_field text) returns boolean
language sql stable
as $$
    select not is_restricted() or p_field <> all (hidden_fields(p_object))
$$;

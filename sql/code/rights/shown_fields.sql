-- A record as a page shows it, without what the caller may not see of it.
create or replace function shown_fields(p_object text, p_record jsonb) returns jsonb
language sql stable
as $$
    select case when is_restricted() then p_record - hidden_fields(p_object) else p_record end
$$;

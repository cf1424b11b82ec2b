-- Whether the caller may do something with a record of that owner, by its own owner alone.
create or replace function is_within(p_object text, p_action text, p_owner uuid) returns boolean
language sql stable
as $$
    select not is_restricted() or coalesce(r.owners is null or p_owner = any (r.owners), false)
    from (select reach(p_object, p_action) as owners) r
$$;

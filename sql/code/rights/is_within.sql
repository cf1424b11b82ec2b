-- Whether the caller may do something with a record of that owner, by its own owner alone. Activities of nobody are read with what they are
-- linked to (record_condition): their owner alone does not tell.
create or replace function is_within(p_object text, p_action text, p_owner uuid) returns boolean
language sql stable
as $$
    select not is_restricted() or coalesce(r.owners is null or p_owner = any (r.owners), false)
        or p_owner is null and p_action = 'read' and p_object <> 'activity' and reads_unowned(p_object)
    from (select reach(p_object, p_action) as owners) r
$$;

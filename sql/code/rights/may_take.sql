-- Whether the caller, a user, may make a record of that owner their own: one of nobody's, which they could edit then.
create or replace function may_take(p_object text, p_owner uuid) returns boolean
language sql stable
as $$
    select p_owner is null and u.id is not null and is_within(p_object, 'edit', u.id)
    from (select nullif(current_setting('tandem.user', true), '')::uuid as id) u
$$;

-- Whether the caller may read an operation, or (p_action edit) end it and take it back: those of their own, or with the right to settings all.
create or replace function may_see_operation(p_actor text, p_action text default 'read') returns boolean
language sql stable
as $$
    select not is_restricted() or level_of('setting', p_action) = 'all' or p_actor = (
        select 'user:' || coalesce(u.email, u.id::text) from users u where u.id = nullif(current_setting('tandem.user', true), '')::uuid
    )
$$;

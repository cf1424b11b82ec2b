-- The account that stands for a group: the one that has the group id, else the one that such an account was merged into.
create or replace function group_account(p_group_id text) returns uuid
language sql stable
as $$
    select coalesce(
        (select a.id from accounts a where a.group_id = p_group_id),
        (
            select r.new_id
            from record_alias x
            join record_redirect r on r.old_id = x.record_id
            where x.value = p_group_id and x.field = 'group_id' and x.object = 'account'
            limit 1
        )
    )
$$;

-- The groups that an account stands for: its own, and those of accounts that were merged into it.
create or replace function account_groups(p_account uuid) returns text[]
language sql stable
as $$
    select array(
        select a.group_id from accounts a where a.id = p_account and a.group_id is not null
        union
        select x.value
        from record_redirect r
        join record_alias x on x.record_id = r.old_id and x.field = 'group_id'
        where r.new_id = p_account and r.object = 'account'
    )
$$;

-- The BI logins that have a role, by role.
create or replace function bi_grantees() returns table (login text, role_id uuid)
language sql stable
as $$
    select g.login, g.role_id from bi_grantee g order by g.role_id, g.login
$$;

-- The roles that a tenant starts with. Does nothing where one exists.
create or replace function initialise_roles() returns void
language plpgsql
as $$
begin
    if exists (select from role) then
        return;
    end if;
    perform role_put(null, r.role, null, 'tandem')
    from (values
        (1, jsonb_build_object('name', 'administrator', 'description', 'Everything, with all records.', 'grants', jsonb_build_object('*',
            '{"create": "all", "read": "all", "edit": "all", "delete": "all", "assign": "all", "export": "all", "merge": "all"}'::jsonb))),
        (2, jsonb_build_object('name', 'sales manager', 'description', 'Everything with the team''s records.', 'grants', jsonb_build_object('*',
            '{"create": "team", "read": "team", "edit": "team", "delete": "team", "assign": "team", "export": "team", "merge": "team"}'::jsonb))),
        (3, jsonb_build_object('name', 'sales rep', 'description', 'Reads the team''s records, writes their own.', 'grants',
            '{"*": {"create": "own", "read": "team", "edit": "own", "delete": "own"}}'::jsonb)),
        (4, jsonb_build_object('name', 'read only', 'description', 'Reads everything, changes nothing.', 'grants',
            '{"*": {"read": "all"}}'::jsonb))
    ) r(n, role)
    order by r.n;
end
$$;

-- What a new tenant starts with: the default rules of identity as version 1, source 0, the people, and the first roles. Safe to repeat.
create or replace function initialise_tenant() returns void
language plpgsql
as $$
begin
    if not exists (select from identity_rules) then
        perform identity_rules_put(null, '{}', 'system');
    end if;
    insert into source (id, source_id, name, kind) values (0, uuidv7(), 'people', 'crm') on conflict (id) do nothing;
    perform initialise_roles();
end
$$;

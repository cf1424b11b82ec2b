-- Ends a creation: the migrator has brought the schemas up, their first rows are written, requests may come.
create or replace function activate_tenant(p_tenant uuid) returns setof tandem.tenant
language plpgsql
as $$
begin
    perform initialise_modules(p_tenant);
    return query
        update tandem.tenant as t set state = 'active', updated_at = now()
        where t.id = p_tenant and t.state in ('creating', 'active')
        returning t.*;
end
$$;

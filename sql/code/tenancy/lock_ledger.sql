-- Locks a tenant's ledger of migrations for the rest of the transaction, by its first entry, so that two migrators do not run the same
-- statements; the tenant itself may be changed meanwhile, and entries be made. Whoever drops the tenant waits.
create or replace function lock_ledger(p_tenant uuid) returns boolean
language plpgsql
as $$
begin
    perform from tandem.tenant_migration as m where m.tenant = p_tenant order by m.path limit 1 for update;
    return found;
end
$$;

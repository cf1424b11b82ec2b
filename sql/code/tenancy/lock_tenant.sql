-- Locks a tenant's row for the rest of the transaction, so that two migrators do not meet; false if it is gone. Rows that refer to it
-- (keys, sessions, operations) may be made meanwhile.
create or replace function lock_tenant(p_tenant uuid) returns boolean
language plpgsql
as $$
begin
    perform from tandem.tenant as t where t.id = p_tenant for no key update;
    return found;
end
$$;

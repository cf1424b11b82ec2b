-- Deleted tenants whose grace period is over.
create or replace function tenants_to_drop() returns setof tandem.tenant
language sql stable
as $$
    select * from tandem.tenant as t where t.state = 'deleting' and t.delete_after <= now() order by t.delete_after
$$;

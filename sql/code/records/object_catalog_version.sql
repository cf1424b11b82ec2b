-- The version of what makes the tenant's objects differ from the product's; 0: they do not. Read with the settings of each
-- transaction that works on records.
create or replace function object_catalog_version() returns table (version integer)
language sql stable
as $$
    select c.version from object_catalog c
$$;

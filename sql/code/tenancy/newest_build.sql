-- The build that came last: where its procedures are, and which migrations of tenants it knows.
create or replace function newest_build() returns table (code_schema text, migrations text[])
language sql stable
as $$
    select v.schema_name, v.migrations from tandem.code_version as v order by v.deployed_at desc, v.schema_name limit 1
$$;

-- The build whose procedures are in this schema is the newest one from now on.
insert into tandem.code_version as v (schema_name, build, migrations) values ($1, $2, $3)
on conflict (schema_name) do update set build = excluded.build, migrations = excluded.migrations, deployed_at = now()
where v.deployed_at < (select max(o.deployed_at) from tandem.code_version as o)

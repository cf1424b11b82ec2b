-- The build with this schema is the newest one from now on; but a server ($4) of one that was here before stays behind the newest while
-- that one's servers run: it was restarted in the middle of an upgrade.
insert into tandem.code_version as v (schema_name, build, migrations, deployed_at) values ($1, $2, $3, clock_timestamp())
on conflict (schema_name) do update set build = excluded.build, migrations = excluded.migrations,
    deployed_at = case
        when v.deployed_at = (select max(o.deployed_at) from tandem.code_version as o) then v.deployed_at
        when $4 and exists (
            select from tandem.server as s
            where s.seen_at > clock_timestamp() - interval '30 seconds'
                and s.code_schema = (select o.schema_name from tandem.code_version as o order by o.deployed_at desc limit 1)
        ) then v.deployed_at
        else clock_timestamp()
    end

-- No row: another server that starts at the same moment has done it.
insert into tandem.control_migration (path, sha256) values ($1, decode($2, 'hex'))
on conflict (path) do nothing
returning path

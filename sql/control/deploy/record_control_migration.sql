insert into tandem.control_migration (path, sha256) values ($1, decode($2, 'hex'))

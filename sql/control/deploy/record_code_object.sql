insert into tandem.code_object (path, sha256, names) values ($1, decode($2, 'hex'), $3)
on conflict (path) do update set sha256 = excluded.sha256, names = excluded.names, deployed_at = now()

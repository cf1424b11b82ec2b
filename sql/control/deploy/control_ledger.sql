select path, encode(sha256, 'hex') as sha256 from tandem.control_migration order by path

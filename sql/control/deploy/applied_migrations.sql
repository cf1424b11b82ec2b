-- The ledger of one tenant.
select m.path, encode(m.sha256, 'hex') as sha256 from tandem.tenant_migration as m where m.tenant = $1 order by m.path

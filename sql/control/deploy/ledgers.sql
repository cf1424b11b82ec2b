-- Every migration that was ever applied here, of the control plane and of any tenant.
select m.path from tandem.control_migration as m
union
select m.path from tandem.tenant_migration as m
order by path

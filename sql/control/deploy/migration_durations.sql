-- How long the named migrations took where they were applied: the mean over tenants, in milliseconds.
select m.path, count(*) as tenants, avg(m.duration_ms)::double precision as duration_ms
from tandem.tenant_migration as m
where m.path = any ($1)
group by m.path

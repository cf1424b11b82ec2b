-- Of the migrations $1[i] for tenants with the module $2[i] ('all': for each) those that some tenant does not have.
select distinct m.path
from unnest($1::text[], $2::text[]) as m(path, module)
join tandem.tenant as t on (m.module = 'all' or m.module = any (t.modules)) and t.state <> 'deleting'
where not exists (select from tandem.tenant_migration as l where l.tenant = t.id and l.path = m.path)
order by m.path

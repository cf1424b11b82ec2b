-- The name of the tenant with that name or id; as a file, because it is asked before this build's procedures are there.
select t.slug from tandem.tenant as t where t.slug = $1 or t.id = $2

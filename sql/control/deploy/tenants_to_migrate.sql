-- Tenants that are not at the digest of their modules: the digest $2[i] belongs to the modules $1[i], for example 'cdp,crm'. As a file of
-- its own, and the next two, because they are asked before this build's procedures are there.
select t.*
from tandem.tenant as t
where not exists (
        select from unnest($1::text[], $2::text[]) as wanted(modules, digest)
        where decode(wanted.digest, 'hex') = t.schema_digest
            and wanted.modules = (select string_agg(m, ',' order by m) from unnest(t.modules) as m))
    and t.state <> 'deleting'
order by t.created_at, t.id

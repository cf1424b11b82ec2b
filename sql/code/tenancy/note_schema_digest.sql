-- Notes what the migrator brought a tenant to, so that finding out that nothing is to do is one read.
create or replace function note_schema_digest(p_tenant uuid, p_digest text) returns void
language sql
as $$
    update tandem.tenant as t set schema_digest = decode(p_digest, 'hex') where t.id = p_tenant
$$;

-- Notes what the migrator brought a tenant to, so that finding out that nothing is to do is one read; its views were made anew with that.
create or replace function note_schema_digest(p_tenant uuid, p_digest text, p_actor text) returns void
language plpgsql
as $$
begin
    perform append_control_audit(p_actor, 'tenant.views', t.id, t.id::text)
    from tandem.tenant as t
    where t.id = p_tenant and t.state <> 'creating' and t.schema_digest is distinct from decode(p_digest, 'hex');
    update tandem.tenant as t set schema_digest = decode(p_digest, 'hex') where t.id = p_tenant;
end
$$;

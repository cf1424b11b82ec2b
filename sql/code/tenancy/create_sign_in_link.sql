-- Stores the hash of a one-time link into the console; p_tenant null: every tenant.
create or replace function create_sign_in_link(p_sha256 bytea, p_tenant uuid, p_actor text, p_valid interval)
returns void
language plpgsql
as $$
begin
    delete from tandem.sign_in_link as l where l.expires_at < now() - interval '7 days';
    insert into tandem.sign_in_link (sha256, tenant, actor, expires_at)
    values (p_sha256, p_tenant, p_actor, now() + p_valid);
    perform append_control_audit(p_actor, 'console.link', p_tenant, encode(p_sha256, 'hex'));
end
$$;

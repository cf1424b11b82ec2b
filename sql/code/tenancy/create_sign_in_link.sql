-- Stores the hash of a one-time link into the console: p_tenant null: every tenant; p_user: as that user of the tenant,
-- at once (p_purpose sign_in) or after choosing a password, which ends the user's earlier links of that purpose.
create or replace function create_sign_in_link(
    p_sha256 bytea, p_tenant uuid, p_actor text, p_valid interval, p_user uuid default null,
    p_purpose text default 'sign_in'
) returns void
language plpgsql
as $$
begin
    delete from tandem.sign_in_link as l where l.expires_at < now() - interval '7 days';
    update tandem.sign_in_link as l set used_at = now()
    where p_purpose = 'password' and l.purpose = 'password' and l.tenant = p_tenant and l.user_id = p_user
        and l.used_at is null;
    insert into tandem.sign_in_link (sha256, tenant, user_id, purpose, actor, expires_at)
    values (p_sha256, p_tenant, p_user, p_purpose, p_actor, now() + p_valid);
    perform append_control_audit(
        p_actor, case when p_purpose = 'password' then 'console.password_link' else 'console.link' end, p_tenant,
        encode(p_sha256, 'hex'));
end
$$;

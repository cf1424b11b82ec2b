-- Uses a link that lets somebody choose a password, once: whose it is, or no row.
create or replace function use_password_link(p_link bytea) returns table (tenant uuid, user_id uuid)
language sql
as $$
    update tandem.sign_in_link as l set used_at = now()
    where l.sha256 = p_link and l.purpose = 'password' and l.used_at is null and l.expires_at > now()
    returning l.tenant, l.user_id
$$;

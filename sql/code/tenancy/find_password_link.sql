-- Whose password an unused link lets somebody choose; no row when it is unknown, used or too old.
create or replace function find_password_link(p_link bytea) returns table (tenant uuid, user_id uuid)
language sql stable
as $$
    select l.tenant, l.user_id
    from tandem.sign_in_link as l
    where l.sha256 = p_link and l.purpose = 'password' and l.used_at is null and l.expires_at > now()
$$;

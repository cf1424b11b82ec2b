-- Marks a sign-in that came back from an identity provider as used; false if it was before. p_valid: for how long the
-- server would take it.
create or replace function use_oidc_state(p_state bytea, p_valid interval) returns boolean
language plpgsql
as $$
begin
    delete from tandem.oidc_used_state as s where s.expires_at < now();
    insert into tandem.oidc_used_state (sha256, expires_at) values (p_state, now() + p_valid) on conflict (sha256) do nothing;
    return found;
end
$$;

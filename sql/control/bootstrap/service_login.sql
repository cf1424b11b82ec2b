-- The service's login on the embedded server: no superuser, inherits nothing, owns nothing; every transaction names its
-- role, and one that forgets to has no right to anything. Run by the superuser. Idempotent.
do $$
begin
    if not exists (select from pg_roles where rolname = 'tandem') then
        create role tandem login noinherit;
    end if;
    if not pg_has_role('tandem', 'tandem_admin', 'member') then
        grant tandem_admin to tandem;
    end if;
end
$$;

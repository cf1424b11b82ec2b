-- The shared schema and the ledger of the control plane's own migrations. Run as tandem_admin. Idempotent.
create schema if not exists tandem;
comment on schema tandem is 'Control plane: tenants, keys, ledgers, audit.';
-- Trigrams, for search in names and addresses: in a schema of its own, which no path of ours has.
create schema if not exists tandem_text;
comment on schema tandem_text is 'The extension pg_trgm.';
create extension if not exists pg_trgm with schema tandem_text;
do $$
declare
    v_schema name := (select extnamespace::regnamespace::name from pg_extension where extname = 'pg_trgm');
begin
    if v_schema <> 'tandem_text' then
        raise exception 'the extension pg_trgm is in schema %', v_schema
            using hint = 'its owner moves it: alter extension pg_trgm set schema tandem_text';
    end if;
end
$$;
grant usage on schema tandem_text to tandem_code_user;
alter default privileges for role tandem_admin revoke execute on functions from public;
create table if not exists tandem.control_migration (
    path text primary key,
    sha256 bytea not null,
    applied_at timestamptz not null default now()
);

-- safety: online
-- The procedures of each build in a schema of their own, and which servers run: so two builds share a database while one takes the
-- other's place.

create table tandem.code_version (
    schema_name text collate "C" primary key check (schema_name ~ '^tandem_code_[0-9a-f]{10}$'),
    build text not null,
    migrations text[] not null,
    deployed_at timestamptz not null default now()
);
comment on table tandem.code_version is 'Schemas with procedures, named by their text. build: the version of the binary that made it; migrations: those of tenants that it knows; deployed_at: when a binary with this text last came after another one.';

create table tandem.server (
    id uuid primary key,
    code_schema text collate "C" not null,
    build text not null,
    host text not null,
    process integer not null,
    address text not null,
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
);
comment on table tandem.server is 'Servers that run: each says so every few seconds and takes its row away when it stops; one that was killed is forgotten.';

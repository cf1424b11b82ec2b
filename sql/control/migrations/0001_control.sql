-- safety: online
-- The control plane. Only tandem_admin may read or write it; nothing in a tenant's schemas refers to it.

create table tandem.tenant (
    id uuid primary key,
    slug text collate "C" not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    display_name text not null check (display_name <> ''),
    schema_name text collate "C" not null unique check (schema_name ~ '^t_[0-9a-z]{10}$'),
    cell text not null default 'main',
    modules text[] not null check (modules <@ array['cdp', 'crm'] and cardinality(modules) between 1 and 2),
    timezone text not null default 'UTC',
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    state text not null check (state in ('creating', 'active', 'suspended', 'deleting')),
    epoch bigint not null default 1,
    version integer not null default 0,
    initialised_modules text[] not null default '{}',
    simulated boolean not null default false,
    rate_per_second integer check (rate_per_second > 0),
    burst integer check (burst > 0),
    requests_per_second integer check (requests_per_second > 0),
    schema_digest bytea,
    next_source smallint not null default 1,
    next_bi_login integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    suspended_at timestamptz,
    delete_after timestamptz,
    check ((state = 'deleting') = (delete_after is not null))
);
create index tenant_digest on tandem.tenant (schema_digest);
comment on table tandem.tenant is 'One row a tenant. version: number of tenant migrations applied; schema_digest: what the migrator last brought it to; simulated: its people come from a generator; rate_per_second and burst: of its events, requests_per_second: of the data plane, null: the server''s default.';

create table tandem.source (
    id uuid primary key,
    tenant uuid not null references tandem.tenant on delete cascade,
    number smallint not null check (number > 0),
    name text not null check (name <> '' and octet_length(name) <= 200),
    kind text not null check (kind in ('server', 'browser', 'mobile', 'webhook', 'import')),
    may_identify boolean not null,
    may_create_accounts boolean not null,
    may_write_crm text not null check (may_write_crm in ('none', 'lead', 'contact')),
    rate_per_second integer check (rate_per_second > 0),
    burst integer check (burst > 0),
    enabled boolean not null default true,
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant, number),
    unique (tenant, name),
    check (enabled = (disabled_at is null))
);
comment on table tandem.source is 'Where events come from and how far they are trusted. number is what a tenant''s rows carry; 0 is people. rate_per_second, burst: of its events, beside the tenant''s; null: no own.';

create table tandem.api_key (
    id uuid primary key,
    keyid text collate "C" not null unique check (keyid ~ '^[0-9A-Za-z]{12}$'),
    kind text not null check (kind in ('write', 'secret', 'restricted', 'admin')),
    tenant uuid references tandem.tenant on delete cascade,
    source uuid references tandem.source on delete cascade,
    sha256 bytea not null check (octet_length(sha256) = 32),
    clear text check (kind = 'write' or clear is null),
    scopes text[] not null default '{}',
    role_id uuid,
    user_id uuid,
    actor text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    check ((kind = 'admin') = (tenant is null)),
    check ((kind = 'write') = (source is not null)),
    check (role_id is null or kind = 'restricted'),
    check (user_id is null or role_id is not null)
);
create index api_key_tenant on tandem.api_key (tenant);
create index api_key_source on tandem.api_key (source);
comment on table tandem.api_key is 'Keys as SHA-256; a write key is public and is kept in clear as well, so that it can be shown again. role_id, user_id: of the tenant''s schemas; a key with a role has that role''s rights, in the place of that user.';

create table tandem.tenant_migration (
    tenant uuid not null references tandem.tenant on delete cascade,
    path text not null,
    sha256 bytea not null,
    duration_ms integer not null,
    applied_at timestamptz not null default now(),
    primary key (tenant, path)
);

create table tandem.code_object (
    path text primary key,
    sha256 bytea not null,
    names text[] not null,
    deployed_at timestamptz not null default now()
);
comment on table tandem.code_object is 'The files of sql/code as deployed; names: the functions that each file creates.';

create table tandem.operation (
    id uuid primary key,
    tenant uuid references tandem.tenant on delete cascade,
    type text not null,
    state text not null check (state in ('pending', 'running', 'done', 'failed', 'cancelled')),
    done bigint not null default 0,
    total bigint,
    input jsonb not null default '{}',
    result jsonb,
    error jsonb,
    actor text not null,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz
);
create index operation_tenant on tandem.operation (tenant);

create table tandem.audit (
    seq bigint primary key,
    at timestamptz not null,
    actor text not null,
    action text not null,
    tenant uuid,
    object_id text not null,
    detail jsonb not null,
    previous_hash bytea not null,
    hash bytea not null
);
create table tandem.audit_head (
    singleton boolean primary key default true check (singleton),
    seq bigint not null,
    hash bytea not null
);
insert into tandem.audit_head (seq, hash) values (0, '\x00');
comment on table tandem.audit is 'Who did what to the control plane; each row''s hash covers the one before it. Outlives the tenant.';

create table tandem.bi_login (
    login text collate "C" primary key,
    tenant uuid not null references tandem.tenant on delete cascade,
    name text not null check (name <> ''),
    role text,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
create unique index bi_login_name on tandem.bi_login (tenant, name) where revoked_at is null;
comment on table tandem.bi_login is 'Database logins for BI. The login is opaque; the chosen name stands here alone.';

create table tandem.sign_in_link (
    sha256 bytea primary key check (octet_length(sha256) = 32),
    tenant uuid references tandem.tenant on delete cascade,
    user_id uuid check (user_id is null or tenant is not null),
    purpose text not null default 'sign_in' check (purpose in ('sign_in', 'password')),
    actor text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    check (purpose = 'sign_in' or user_id is not null)
);
create index sign_in_link_tenant on tandem.sign_in_link (tenant);
comment on table tandem.sign_in_link is
    'One-time links into the console, as SHA-256; without tenant: all of them; with a user: as that user of the tenant, at once or by a password to choose.';

create table tandem.console_session (
    sha256 bytea primary key check (octet_length(sha256) = 32),
    tenant uuid references tandem.tenant on delete cascade,
    user_id uuid check (user_id is null or tenant is not null),
    actor text not null,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index console_session_tenant on tandem.console_session (tenant, user_id);
comment on table tandem.console_session is
    'Console sessions by the SHA-256 of their cookie; without tenant: all of them; without user: an operator''s.';

create table tandem.secret (
    name text primary key,
    value bytea not null,
    created_at timestamptz not null default now()
);
comment on table tandem.secret is 'Random values that this installation seals with (cursors, cookies).';

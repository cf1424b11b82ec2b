-- safety: online
-- Identity providers by which users of a tenant sign in to the console (OpenID Connect).

create table tandem.oidc_provider (
    tenant uuid primary key references tandem.tenant on delete cascade,
    issuer text not null check (issuer ~ '^https?://'),
    client_id text not null check (client_id <> ''),
    client_secret bytea not null,
    label text check (label <> ''),
    allowed_domains text[] not null default '{}',
    new_user_role uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (new_user_role is null or cardinality(allowed_domains) > 0)
);
comment on table tandem.oidc_provider is
    'The identity provider of a tenant. client_secret: sealed by the server; label: what the button says; allowed_domains: of e-mail addresses, none: any; new_user_role: of the tenant''s schemas, what users get that are made when they first sign in; null: none are made.';

create table tandem.oidc_used_state (
    sha256 bytea primary key check (octet_length(sha256) = 32),
    expires_at timestamptz not null
);
create index oidc_used_state_expires on tandem.oidc_used_state (expires_at);
comment on table tandem.oidc_used_state is
    'Sign-ins with an identity provider that came back: each counts once. A row is worth nothing after its time.';

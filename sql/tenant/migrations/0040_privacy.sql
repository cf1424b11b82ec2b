-- safety: online
-- module: all
-- schema: internal
-- Whose data must not come back, and what was asked for about whom. No identifier stands here in clear.

create table suppression_key (
    singleton boolean primary key default true check (singleton),
    key bytea not null check (octet_length(key) = 32)
);
insert into suppression_key (key)
select sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
on conflict do nothing;
comment on table suppression_key is
    'What identifiers are hashed with, random. With the tenant, so that its suppressions hold wherever it is restored.';

create sequence suppression_seq;
create table suppression (
    hash bytea primary key check (octet_length(hash) = 32),
    seq bigint not null default nextval('suppression_seq') unique,
    type text not null,
    request uuid not null,
    since timestamptz not null,
    lifted_at timestamptz
);
create index suppression_request on suppression (request);
comment on table suppression is
    'Identifiers, as suppression_hash makes them, whose events and records are refused until lifted_at. seq rises with each change.';

create table privacy_request (
    id uuid primary key,
    kind text not null check (kind in ('erase', 'export', 'suppress', 'unsuppress')),
    state text not null check (state in ('running', 'done')),
    type text not null,
    hash bytea not null,
    reason text,
    nodes bigint[] not null default '{}',
    contacts uuid[] not null default '{}',
    leads uuid[] not null default '{}',
    counts jsonb not null default '{}',
    receipt jsonb,
    actor text not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    check ((state = 'running') = (finished_at is null))
);
create index privacy_request_created on privacy_request (created_at, id);
comment on table privacy_request is
    'What was asked for about whom: the identifier as its hash, the person as ids alone; receipt: as it was signed.';

create index demotion_event on demotion (event_id) where event_id is not null;

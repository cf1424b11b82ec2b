-- safety: online
-- module: all
-- schema: internal
-- Identity as a forest: nodes are never deleted, edges are switched on and off, and what a user sees of a profile is a
-- function of both. Only `component` and the labels on nodes are derived.

create table source (
    id smallint primary key,
    source_id uuid not null unique,
    name text not null unique,
    kind text not null check (kind in ('server', 'browser', 'mobile', 'webhook', 'import', 'crm'))
);
comment on table source is 'The tenant''s sources by the small number that event rows carry; a copy of the control plane''s.';

create sequence component_label;

create table node (
    id bigint generated always as identity primary key,
    public_id uuid not null unique,
    component bigint not null,
    created_at timestamptz not null,
    traits jsonb not null default '{}' check (jsonb_typeof(traits) = 'object'),
    trait_ts jsonb not null default '{}' check (jsonb_typeof(trait_ts) = 'object'),
    erased_at timestamptz
) with (fillfactor = 75);
create index node_component on node (component);
comment on table node is 'A profile as first created. traits: its own fold; trait_ts: key → [time in µs since 1970, message id, source].';

create table component (
    label bigint primary key,
    profile_id uuid not null unique,
    public_node bigint not null references node,
    identifiers integer not null default 0 check (identifiers >= 0),
    merges integer not null default 0 check (merges >= 0)
) with (fillfactor = 80);
comment on table component is 'A live profile: derived from nodes and active edges, in the same transaction.';

create table identifier (
    type text collate "C" not null check (octet_length(type) between 1 and 64),
    value text collate "C" not null check (octet_length(value) between 1 and 512),
    node bigint not null references node,
    attached_at timestamptz not null,
    first_event uuid,
    source smallint,
    primary key (type, value)
) with (fillfactor = 90);
create index identifier_node on identifier (node);
comment on table identifier is 'An identifier belongs to exactly one node, for ever; attached_at is the timestamp of the event that attached it.';

create table merge (
    id uuid primary key,
    ref text not null unique check (octet_length(ref) between 1 and 600),
    cause text not null check (cause in ('event', 'manual', 'review', 'alias')),
    state text not null default 'applied' check (state in ('applied', 'undone', 'erased')),
    winner uuid not null,
    loser uuid not null,
    winner_node bigint references node,
    effective_at timestamptz not null,
    message_id text,
    actor text not null,
    detail jsonb not null default '{}',
    created_at timestamptz not null,
    undone_at timestamptz,
    undone_by text,
    check ((state = 'undone') = (undone_at is not null) or state = 'erased')
);
create index merge_created on merge (created_at desc, id desc);
comment on table merge is 'One cause, all its edges. winner and loser: public ids at that moment; winner_node: set for manual merges.';

create table edge (
    id bigint generated always as identity primary key,
    merge uuid not null references merge,
    a bigint not null references node,
    b bigint not null references node,
    active boolean not null default true,
    check (a <> b)
);
create index edge_a on edge (a) where active;
create index edge_b on edge (b) where active;
create index edge_merge on edge (merge);
comment on table edge is 'One executed join between two owning nodes; active edges form a forest.';

create table separation (
    a bigint not null references node,
    b bigint not null references node,
    cause text not null check (cause in ('undo', 'review')),
    ref text not null,
    actor text not null,
    created_at timestamptz not null,
    primary key (a, b),
    check (a < b)
);
create index separation_b on separation (b);
comment on table separation is 'Two nodes that events may never join again.';

create table demotion (
    seq bigint generated always as identity primary key,
    event_id uuid,
    message_id text,
    type text not null,
    value text not null,
    rule text not null check (rule in ('limit', 'separated', 'max_ids', 'max_merges', 'review', 'anomaly', 'alias')),
    detail jsonb not null default '{}',
    rules_version integer not null,
    created_at timestamptz not null
);
create index demotion_identifier on demotion (type, value);
comment on table demotion is 'An identifier that an event carried and a rule kept from joining.';

create table review (
    id uuid primary key,
    ref text not null unique,
    refs text[] not null default '{}',
    reason text not null check (reason in ('accounts', 'anomaly', 'manual', 'contact_email')),
    state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'obsolete')),
    home bigint not null references node,
    nodes bigint[] not null check (cardinality(nodes) >= 1),
    detail jsonb not null default '{}',
    effective_at timestamptz not null,
    created_at timestamptz not null,
    decided_at timestamptz,
    decided_by text
);
create index review_open on review (created_at) where state = 'open';

create table identity_rules (
    version integer primary key,
    rules jsonb not null,
    author text not null,
    created_at timestamptz not null
);
comment on table identity_rules is 'Every version of the rules; the greatest is in force for new events.';

create table trait_record (
    node bigint not null references node,
    ts timestamptz not null,
    seq bigint generated always as identity,
    message_id text not null,
    source smallint,
    delta jsonb not null,
    primary key (node, ts, seq)
);
comment on table trait_record is 'What an identify sent, as sent; a trait''s history.';

create table membership (
    node bigint not null references node,
    group_id text collate "C" not null check (octet_length(group_id) between 1 and 2000),
    "left" boolean not null default false,
    at timestamptz not null,
    message_id text not null,
    source smallint,
    primary key (node, group_id, "left")
);
create index membership_group on membership (group_id);
comment on table membership is 'Per node and group the latest join and the latest leave; current is the latest of (time, leave before join, message id).';

create table consent_statement (
    node bigint not null,
    ts timestamptz not null,
    seq bigint generated always as identity,
    message_id text not null,
    source smallint,
    categories jsonb not null,
    primary key (node, ts, seq)
);
comment on table consent_statement is 'Consent as stated, verbatim, with its home node; node 0 is no profile. Nothing is enforced from it yet.';

create table activity_seen (
    node bigint primary key references node,
    first_at timestamptz not null,
    last_at timestamptz not null
) with (fillfactor = 75);

create table dirty (
    seq bigint generated always as identity primary key,
    nodes bigint[] not null,
    at timestamptz not null
);
comment on table dirty is 'Nodes that a transaction touched, one row a transaction; consumers read by seq.';

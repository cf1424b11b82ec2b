-- safety: locks-briefly
-- module: all
-- schema: internal
-- What events are expected to look like, which sources keep to it, and where they did not.

create table tracking_plan (
    id uuid primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
    created_at timestamptz not null
);
comment on table tracking_plan is 'Tracking plans by name; what they say stands in their versions.';

create table tracking_plan_version (
    plan uuid not null references tracking_plan on delete cascade,
    version integer not null check (version > 0),
    description text,
    events jsonb not null check (jsonb_typeof(events) = 'array'),
    author text not null,
    created_at timestamptz not null,
    primary key (plan, version)
);
comment on table tracking_plan_version is
    'The versions of a plan, never changed. events: [{type, name?, version?, description?, schema}], a JSON Schema of properties (track, page, screen) or traits (identify, group).';

create table plan_connection (
    source smallint primary key references source,
    plan uuid not null references tracking_plan,
    version integer,
    violations text not null check (violations in ('allow', 'omit', 'block', 'quarantine')),
    unplanned_events text not null check (unplanned_events in ('ignore', 'allow', 'block', 'quarantine')),
    unplanned_properties text not null check (unplanned_properties in ('ignore', 'allow', 'omit', 'block', 'quarantine')),
    author text not null,
    changed_at timestamptz not null,
    foreign key (plan, version) references tracking_plan_version
);
create index plan_connection_plan on plan_connection (plan, version);
comment on table plan_connection is
    'The plan that a source keeps to (version null: its newest), and what becomes of an event that does not: violations of a schema, events and properties that the plan does not name.';

create table plan_violation (
    event_id uuid primary key,
    received_at timestamptz not null,
    message_id text not null,
    source smallint not null,
    plan uuid not null,
    version integer not null,
    type text not null,
    name text,
    action text not null check (action in ('allow', 'omit', 'block', 'quarantine')),
    violations jsonb not null check (jsonb_typeof(violations) = 'array')
);
create index plan_violation_received on plan_violation (received_at, event_id);
create index plan_violation_source on plan_violation (source, received_at, event_id);
comment on table plan_violation is
    'Events that did not keep to the plan of their source when they were read last, stored or not. violations: [{pointer, keyword, message}]; no values.';

create table plan_violation_hour (
    hour timestamptz not null,
    source smallint not null,
    plan uuid not null,
    type text not null,
    name text not null,
    keyword text not null,
    action text not null,
    count bigint not null,
    primary key (hour, source, plan, type, name, keyword, action)
);
comment on table plan_violation_hour is
    'Sums of plan_violation whose rows are gone, by the hour of receipt. name: empty where the event has none.';

-- safety: online
-- module: cdp
-- schema: internal

create table event_retention (
    version integer primary key check (version > 0),
    rules jsonb not null check (jsonb_typeof(rules) = 'array'),
    author text not null,
    created_at timestamptz not null
);
comment on table event_retention is
    'For how many days events of a type are kept, by its rules; the newest version is in force. What no rule names is kept for ever.';

create table event_retention_pass (
    singleton boolean primary key default true check (singleton),
    version integer not null,
    relation text not null default '',
    page bigint not null default 0,
    counts jsonb not null default '{}',
    began_at timestamptz not null,
    finished_at timestamptz
);
comment on table event_retention_pass is
    'How far the server is in taking away what the rules do not keep: the partition and the page where it goes on, and what it has taken, by type and name.';

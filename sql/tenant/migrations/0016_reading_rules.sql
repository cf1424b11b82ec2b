-- safety: locks-briefly
-- module: all
-- schema: internal

alter table identity_state add column reading_version integer not null default 1;
comment on column identity_state.reading_version is
    'Of all that the server reads messages by (see reading_rules): raised by each change of identity rules and source mappings.';

create table source_mapping (
    source smallint not null references source,
    version integer not null check (version > 0),
    rules jsonb not null check (jsonb_typeof(rules) = 'array'),
    author text not null,
    created_at timestamptz not null,
    primary key (source, version)
);
comment on table source_mapping is
    'What a source''s messages are renamed, cast and dropped by when they are read; of a source the newest version is in force. No rules: an empty array.';

-- safety: online
-- module: all
-- schema: internal

create table source_consent (
    source smallint not null references source,
    version integer not null check (version > 0),
    rules jsonb not null check (jsonb_typeof(rules) = 'array'),
    author text not null,
    created_at timestamptz not null,
    primary key (source, version)
);
comment on table source_consent is
    'What is left out of a source''s events whose person did not agree, and that they are no reason to send anything; of a source the newest version is in force. No rules: an empty array.';

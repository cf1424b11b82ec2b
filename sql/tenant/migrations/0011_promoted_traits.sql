-- safety: locks-briefly
-- module: all
-- schema: internal

create table promoted_trait (
    trait text collate "C" primary key,
    column_name text not null unique,
    type text not null check (type in ('text', 'numeric', 'boolean', 'timestamptz')),
    promoted_at timestamptz not null,
    filled_at timestamptz
);
comment on table promoted_trait is
    'Traits that are columns of profiles. filled_at: null until all rows were written after every writer knew of the column.';

alter table identity_state
    add column promoted text[] not null default '{}',
    add column promoted_version integer not null default 0;
comment on column identity_state.promoted is 'The keys of promoted_trait: ingest reads them with the rules, so that they cost no query.';
comment on column identity_state.promoted_version is 'Counts what changed the columns: sessions prepare the statement that writes them once a version.';

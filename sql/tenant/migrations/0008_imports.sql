-- safety: online
-- module: all
-- schema: internal

create table import (
    id uuid primary key,
    object text not null,
    file_name text not null,
    file_sha256 bytea not null,
    mapping jsonb not null,
    state text not null check (state in ('running', 'done', 'undoing', 'undone')),
    rows bigint not null default 0,
    read bigint not null default 0,
    created bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    rejected bigint not null default 0,
    unknown jsonb not null default '{}',
    actor text not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    undone_at timestamptz
);
create index import_file on import (file_sha256);
comment on table import is 'A file that was imported. rows: what it holds; read: those that are done; unknown: field → rows that left it open.';

create table import_row (
    import uuid not null references import on delete cascade,
    row bigint not null,
    line integer not null,
    raw jsonb not null,
    outcome text check (outcome in ('created', 'updated', 'unchanged', 'rejected')),
    record_id uuid,
    version integer,
    before jsonb,
    reason jsonb,
    undo text check (undo in ('removed', 'restored', 'kept')),
    undo_reason jsonb,
    primary key (import, row)
);
create index import_row_record on import_row (record_id, import) where record_id is not null;
comment on table import_row is 'The ledger of an import: each row of the file, what became of it, and how the record was before.';

create table import_reference (
    import uuid not null references import on delete cascade,
    record_id uuid not null,
    object text not null,
    undo text check (undo in ('removed', 'kept')),
    primary key (import, record_id)
);
comment on table import_reference is 'Records that an import made because rows named them (on_missing: create).';

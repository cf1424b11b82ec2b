-- safety: online
-- module: all
-- schema: internal

create table export (
    id uuid primary key references operation on delete cascade,
    object text not null,
    format text not null check (format in ('csv', 'jsonl')),
    file_name text not null,
    cursor text,
    rows bigint not null default 0,
    bytes bigint not null default 0,
    parts integer not null default 0,
    expires_at timestamptz not null,
    withdrawn_at timestamptz
);
create table export_part (
    export_id uuid not null references export on delete cascade,
    number integer not null,
    bytes bytea not null,
    primary key (export_id, number)
);
alter table export_part alter column bytes set compression lz4;
comment on table export is 'Files that somebody ordered, each made by the operation of the same id, until they expire; cursor: where the next page begins.';
comment on table export_part is 'What is in those files, page by page. An erasure empties all of them.';

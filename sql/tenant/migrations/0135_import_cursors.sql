-- safety: locks-briefly
-- module: all
-- schema: internal
-- How far imports have come, for those that take only what is new since (`--since`).

alter table import
    add column if not exists since text,
    add column if not exists cursor_kind text check (cursor_kind in ('timestamp', 'number')),
    add column if not exists cursor_from numeric,
    add column if not exists cursor_low numeric,
    add column if not exists cursor_before numeric,
    add column if not exists cursor_open numeric[] not null default '{}',
    add column if not exists cursor_undone integer,
    add column if not exists cursor numeric,
    add column if not exists passed_over bigint not null default 0,
    add column if not exists without_cursor bigint not null default 0;
comment on column import.since is 'Which rows were asked for: null: all; last; or the value from which on.';
comment on column import.cursor_kind is 'What the column of the mapping''s cursor holds; null: rows have no cursor. Times are microseconds since 1970.';
comment on column import.cursor_from is 'Rows with a lower cursor were passed over; null: none.';
comment on column import.cursor_low is 'The lowest cursor of the file, passed over or not.';
comment on column import.cursor_before is 'What import_cursor held when it began: an undo puts it back.';
comment on column import.cursor_open is 'import_cursor.open when it began.';
comment on column import.cursor_undone is 'import_cursor.undone when it began.';
comment on column import.cursor is 'What import_cursor held when it had ended.';
comment on column import.without_cursor is 'Rows whose cursor is empty or cannot be used; they are never passed over.';
alter table import_row add column if not exists cursor numeric;
comment on column import_row.cursor is 'How new the row is, as the column of the mapping''s cursor says.';

create table if not exists import_cursor (
    scope bytea primary key,
    kind text not null check (kind in ('timestamp', 'number')),
    value numeric,
    open numeric[] not null default '{}',
    undone integer not null default 0,
    import uuid references import,
    moved_at timestamptz
);
create index if not exists import_cursor_import on import_cursor (import);
comment on table import_cursor is
    'How far imports by one mapping have come. scope: hash of object and mapping (import_scope); value: rows below it are done, but for those at the values of open, which were rejected; undone: how often an import was taken back; import: which moved it last.';

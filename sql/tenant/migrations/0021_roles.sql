-- safety: online
-- module: all
-- schema: internal
-- Who may do what with which records: see docs/rights.md.

create table role (
    id uuid primary key,
    name text not null unique check (name = btrim(name) and octet_length(name) between 1 and 255),
    description text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
comment on table role is 'Named sets of rights. Users have any number of them (users.role_ids), a key has at most one.';

create table role_grant (
    role_id uuid not null references role,
    object text not null,
    action text not null check (action in ('create', 'read', 'edit', 'delete', 'assign', 'export', 'merge')),
    level text not null check (level in ('all', 'team', 'own', 'none')),
    primary key (role_id, object, action)
);
comment on table role_grant is 'How far a role''s right to an action reaches; object * stands for all that have no row of their own. No row: none.';

create table role_field (
    role_id uuid not null references role,
    object text not null,
    field text not null,
    access text not null check (access in ('none', 'read', 'edit')),
    primary key (role_id, object, field)
);
comment on table role_field is 'Fields and child arrays that a role may not read or not write. No row: edit.';

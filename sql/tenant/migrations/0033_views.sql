-- safety: locks-briefly
-- module: all
-- schema: bi
-- Saved lists: a condition, an order and columns under a name.

create table views (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    object text not null check (object ~ '^[a-z][a-z0-9_]{0,62}$'),
    name text not null check (name <> ''),
    filter jsonb,
    sort text[] not null default '{}',
    fields text[] not null default '{}',
    shared boolean not null default false,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    unique nulls not distinct (object, owner_id, name)
);
create index views_owner on views (owner_id);
create index views_created on views (created_at, id);

insert into object_description (object, relation) values ('view', 'views') on conflict (object) do nothing;

comment on table views is 'Saved lists of records.';
comment on column views.id is 'The record''s id, for ever.';
comment on column views.external_id is 'The id in the system it came from; unique per object.';
comment on column views.owner_id is 'The user it belongs to.';
comment on column views.object is 'What it lists.';
comment on column views.name is 'Its name; unique among those of its object and owner.';
comment on column views.filter is 'The condition, as the API takes it; null: all.';
comment on column views.sort is 'Fields in order, with - for descending.';
comment on column views.fields is 'Fields to show; empty: all.';
comment on column views.shared is 'True: for everybody; false: for its owner.';
comment on column views.tags is 'Free labels.';
comment on column views.created_at is 'When it was made here, or the time that its import names.';
comment on column views.updated_at is 'When it changed last.';
comment on column views.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column views.version is 'Counts the changes; what If-Match names.';

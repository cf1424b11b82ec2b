-- safety: locks-briefly
-- module: crm
-- schema: bi
-- What colleagues say to each other about a record. The record is named by object and id: no foreign key can say that.

create table comments (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    object text not null check (object ~ '^[a-z][a-z0-9_]{0,62}$'),
    object_id uuid not null,
    body text not null check (body <> ''),
    mentions uuid[] not null default '{}',
    unknown_mentions text[] not null default '{}',
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
create index comments_owner on comments (owner_id);
create index comments_record on comments (object_id, created_at, id);
create index comments_created on comments (created_at, id);
create index comments_mentions on comments using gin (mentions);

insert into object_description (object, relation, follows) values ('comment', 'comments', true) on conflict (object) do nothing;

comment on table comments is 'What colleagues say about a record: one row per live comment.';
comment on column comments.id is 'The record''s id, for ever.';
comment on column comments.external_id is 'The id in the system it came from; unique per object.';
comment on column comments.owner_id is 'The user it belongs to.';
comment on column comments.object is 'account, contact, lead, opportunity, ticket, activity or product.';
comment on column comments.object_id is 'The record.';
comment on column comments.body is 'The text.';
comment on column comments.mentions is 'The users whom the text names.';
comment on column comments.unknown_mentions is 'What looks like a mention in the text and is no user.';
comment on column comments.tags is 'Free labels.';
comment on column comments.created_at is 'When it was made here, or the time that its import names.';
comment on column comments.updated_at is 'When it changed last.';
comment on column comments.created_by is 'Its author, who alone may change the text.';
comment on column comments.version is 'Counts the changes; what If-Match names.';

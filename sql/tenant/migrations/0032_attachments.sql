-- safety: locks-briefly
-- module: crm
-- schema: bi
-- Files beside a record. Their bytes stand in attachment_content, once for all files that are the same.

create table attachments (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    object text not null check (object ~ '^[a-z][a-z0-9_]{0,62}$'),
    object_id uuid not null,
    file_name text not null check (file_name <> ''),
    media_type text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
create index attachments_owner on attachments (owner_id);
create index attachments_record on attachments (object_id, created_at, id);
create index attachments_created on attachments (created_at, id);
create index attachments_content on attachments (sha256);

insert into object_description (object, relation, follows) values ('attachment', 'attachments', true) on conflict (object) do nothing;

comment on table attachments is 'Files beside records: one row per live file.';
comment on column attachments.id is 'The record''s id, for ever.';
comment on column attachments.external_id is 'The id in the system it came from; unique per object.';
comment on column attachments.owner_id is 'The user it belongs to.';
comment on column attachments.object is 'account, contact, lead, opportunity, ticket, activity or product.';
comment on column attachments.object_id is 'The record.';
comment on column attachments.file_name is 'The name it was uploaded with.';
comment on column attachments.media_type is 'What it is said to be, such as application/pdf.';
comment on column attachments.size_bytes is 'Bytes.';
comment on column attachments.sha256 is 'Hash of its bytes, hexadecimal: the same files have the same.';
comment on column attachments.tags is 'Free labels.';
comment on column attachments.created_at is 'When it was made here, or the time that its import names.';
comment on column attachments.updated_at is 'When it changed last.';
comment on column attachments.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column attachments.version is 'Counts the changes; what If-Match names.';

-- safety: online
-- module: crm
-- schema: internal

create table attachment_content (
    sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bytea not null,
    stored_at timestamptz not null
);
alter table attachment_content alter column bytes set storage external;
comment on table attachment_content is 'The bytes of attachments, each content once. What no attachment, live or in the bin, has any more is forgotten: see forget_attachment_content.';

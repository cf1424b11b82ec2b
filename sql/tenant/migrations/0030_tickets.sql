-- safety: locks-briefly
-- module: crm
-- schema: bi
-- What customers ask for and report, until it is solved.

create table tickets (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    subject text not null check (subject <> ''),
    body text,
    status text not null default 'open' check (status in ('open', 'pending', 'solved', 'closed')),
    priority text not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    channel text,
    account_id uuid references accounts,
    contact_id uuid references contacts,
    first_response_due_at timestamptz,
    next_response_due_at timestamptz,
    resolution_due_at timestamptz,
    solved_at timestamptz,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    check ((solved_at is not null) = (status in ('solved', 'closed')))
);
create index tickets_owner on tickets (owner_id);
create index tickets_account on tickets (account_id);
create index tickets_contact on tickets (contact_id);
create index tickets_created on tickets (created_at, id);
create index tickets_status on tickets (status, created_at, id);

insert into object_description (object, relation) values ('ticket', 'tickets') on conflict (object) do nothing;

comment on table tickets is 'What customers ask for and report: one row per live ticket.';
comment on column tickets.id is 'The record''s id, for ever.';
comment on column tickets.external_id is 'The id in the system it came from; unique per object.';
comment on column tickets.owner_id is 'The user who answers for it.';
comment on column tickets.subject is 'Its heading.';
comment on column tickets.body is 'What the customer wrote.';
comment on column tickets.status is 'open, pending (waits for the customer), solved or closed.';
comment on column tickets.priority is 'low, normal, high or urgent.';
comment on column tickets.channel is 'How it came: email, phone, chat, web and the like.';
comment on column tickets.account_id is 'The account it is of.';
comment on column tickets.contact_id is 'The contact who asked.';
comment on column tickets.first_response_due_at is 'Until when the first answer is due; null without a service level.';
comment on column tickets.next_response_due_at is 'Until when the next answer is due; null without a service level.';
comment on column tickets.resolution_due_at is 'Until when it is to be solved; null without a service level.';
comment on column tickets.solved_at is 'When it was solved or closed; null while it is open or pending.';
comment on column tickets.tags is 'Free labels.';
comment on column tickets.created_at is 'When it was made here, or the time that its import names.';
comment on column tickets.updated_at is 'When it changed last.';
comment on column tickets.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column tickets.version is 'Counts the changes; what If-Match names.';

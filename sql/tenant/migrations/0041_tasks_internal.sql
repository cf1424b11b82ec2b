-- safety: locks-briefly
-- module: crm
-- schema: internal

create table reminder (
    activity_id uuid not null,
    minutes integer not null,
    channel text not null,
    at timestamptz not null,
    sent_at timestamptz,
    seen_at timestamptz,
    primary key (activity_id, minutes, channel)
);
create index reminder_due on reminder (at) where sent_at is null;
create index reminder_unseen on reminder (sent_at) where sent_at is not null and seen_at is null;
comment on table reminder is 'The rows of activity_reminders with the moment that each means and what became of it: see settle_reminders.';

create table task_occurrence (
    series_id uuid not null,
    at timestamp not null,
    starts timestamp not null,
    activity_id uuid,
    primary key (series_id, at)
);
create unique index task_occurrence_activity on task_occurrence (activity_id);
comment on table task_occurrence is 'For which date of its rule a recurring task stands, by the clocks where its owner is; one task a date, whoever makes it.';
comment on column task_occurrence.starts is 'The first date of the series, which the rule counts from.';

create table timer (
    name text primary key,
    enabled boolean not null default true,
    due_at timestamptz,
    ran_at timestamptz,
    result jsonb
);
insert into timer (name) values ('duplicates') on conflict do nothing;
comment on table timer is 'What the server does by itself every night; whichever server comes first does it.';
comment on column timer.due_at is 'Null until a server has looked at it.';

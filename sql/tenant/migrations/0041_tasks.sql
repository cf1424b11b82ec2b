-- safety: locks-briefly
-- module: crm
-- schema: bi
-- Tasks that come again, and reminders of them.

alter table activities add column recurrence text;
alter table activities add column recurs_when text check (recurs_when in ('done', 'due'));
create index activities_recurring on activities (id) where recurs_when = 'due' and recurrence is not null;

create table activity_reminders (
    activity_id uuid not null references activities,
    minutes integer not null check (minutes between 0 and 525600),
    channel text not null default 'console' check (channel in ('console')),
    primary key (activity_id, minutes, channel)
);

update object_description
set children = children || '{"reminders": {"relation": "activity_reminders", "parent": "activity_id"}}'
where object = 'activity';

comment on column activities.recurrence is 'When a task comes again: a rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO.';
comment on column activities.recurs_when is 'Whether the next one is made when this is done (done, also where nothing is said) or at its time (due).';
comment on table activity_reminders is 'When to remind of what is planned.';
comment on column activity_reminders.activity_id is 'The activity.';
comment on column activity_reminders.minutes is 'How long before it is due; of what is due on a day, before nine o''clock of that day where its owner is.';
comment on column activity_reminders.channel is 'Where: console.';

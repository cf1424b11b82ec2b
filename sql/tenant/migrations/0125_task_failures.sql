-- safety: locks-briefly
-- module: crm
-- schema: internal
-- Why the next task of a series could not be made.

alter table task_occurrence add column if not exists failed_at timestamptz;
alter table task_occurrence add column if not exists failure text;
comment on column task_occurrence.failed_at is 'When the task that follows was last to be made and could not be: it is tried again an hour later.';
comment on column task_occurrence.failure is 'Why it could not.';

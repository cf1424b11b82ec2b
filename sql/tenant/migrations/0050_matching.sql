-- safety: locks-briefly
-- module: all
-- schema: internal
-- Which of the tenant's own fields tell records apart.

alter table custom_field add column compared boolean not null default false;
comment on column custom_field.compared is 'Duplicates are looked for by it, as a date of birth.';

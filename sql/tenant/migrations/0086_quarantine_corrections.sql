-- safety: locks-briefly
-- module: cdp
-- schema: internal
-- What somebody made of an event that could not be stored; its original bytes stay.

alter table quarantine add column if not exists corrected bytea;
alter table quarantine add column if not exists corrected_at timestamptz;
alter table quarantine add column if not exists corrected_by text;
comment on column quarantine.corrected is 'The event as somebody corrected it: it is processed instead of the original.';

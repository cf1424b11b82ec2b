-- safety: offline
-- module: all
-- schema: bi
-- A number is found by how it ends, however it was written: its digits from the last to the first. On a table with rows: who writes waits for it.

create index if not exists profiles_digits on profiles ((reverse(regexp_replace(phone, '[^0-9]', '', 'g')) collate "C")) where phone is not null;

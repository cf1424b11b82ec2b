-- safety: offline
-- module: crm
-- schema: bi
-- A number is found by how it ends, however it was written: its digits from the last to the first. On a table with rows: who writes waits for it.

create index if not exists contact_channels_digits on contact_channels ((reverse(regexp_replace(value, '[^0-9]', '', 'g')) collate "C"))
    where kind in ('phone', 'mobile');

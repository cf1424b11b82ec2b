-- safety: offline
-- module: crm
-- schema: bi
-- See 0131_phone_search.sql.

create index if not exists leads_digits on leads ((reverse(regexp_replace(phone, '[^0-9]', '', 'g')) collate "C")) where phone is not null;

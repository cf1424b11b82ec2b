-- safety: offline
-- module: all
-- schema: internal
-- See 0131_phone_search.sql.

create index if not exists identifier_digits on identifier ((reverse(regexp_replace(value, '[^0-9]', '', 'g')) collate "C")) where type = 'phone';

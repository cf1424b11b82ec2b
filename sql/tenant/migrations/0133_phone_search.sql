-- safety: offline
-- module: all
-- schema: bi
-- See 0131_phone_search.sql.

create index if not exists accounts_digits on accounts ((reverse(regexp_replace(phone, '[^0-9]', '', 'g')) collate "C")) where phone is not null;

-- safety: offline
-- module: all
-- schema: bi
-- Rows of another version of the normaliser are found without reading the table: the index has them alone, and is empty as a rule.
-- Who raises the version makes the indexes of the next one beside these (docs/adding-a-feature.md). On a table with rows: who writes waits for it.

create index if not exists accounts_normalizer_1 on accounts (id) where normalizer_version <> 1;
comment on column accounts.normalizer_version is
    'Version of the normaliser that made domain, company_key and phone_e164; of several the oldest. 0: to be made anew.';

-- safety: offline
-- module: crm
-- schema: bi
-- See 0140_normalizer_version.sql.

create index if not exists contacts_normalizer_1 on contacts (id) where normalizer_version <> 1;
comment on column contacts.normalizer_version is
    'Version of the normaliser that made email_norm, phone_e164 and the numbers of channels; of several the oldest. 0: to be made anew.';
create index if not exists leads_normalizer_1 on leads (id) where normalizer_version <> 1;
comment on column leads.normalizer_version is
    'Version of the normaliser that made email_norm, phone_e164 and company_key; of several the oldest. 0: to be made anew.';

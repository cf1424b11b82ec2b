-- safety: offline
-- module: all
-- schema: internal
-- See 0140_normalizer_version.sql.

alter table normal_form add column if not exists normalizer_version smallint not null default 1;
comment on column normal_form.normalizer_version is 'Version of the normaliser that made norm.';
create index if not exists normal_form_normalizer_1 on normal_form (kind, raw) where normalizer_version <> 1;

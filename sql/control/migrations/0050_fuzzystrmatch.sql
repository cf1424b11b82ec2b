-- safety: online
-- Distances and sounds of words, for pairs of records that may be one: beside pg_trgm, in the schema that no path of ours has.
create extension if not exists fuzzystrmatch with schema tandem_text;
comment on schema tandem_text is 'The extensions pg_trgm and fuzzystrmatch.';

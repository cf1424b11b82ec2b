-- safety: online
-- module: all
-- schema: internal
-- Locks for those who look for a record by a value and make it where there is none.

insert into lock_bucket select i from generate_series(8258, 9281) i on conflict do nothing;
comment on table lock_bucket is
    '0 to 8191: writers that create identifiers lock the buckets of their hashes first, in order. 8192 to 8255: so do those that create accounts from events. 8256: those that make leads from forms. 8257: those that put records below others of their kind. 8258 to 9281: those that look for a record by a value and make it where there is none.';

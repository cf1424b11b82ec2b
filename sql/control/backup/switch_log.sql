-- Ends the current segment of the write-ahead log, so that it is kept, and answers where it ended.
select pg_switch_wal()::text as place

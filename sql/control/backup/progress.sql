-- How far a base backup is that is being made; bytes.
select backup_streamed, backup_total from pg_stat_progress_basebackup order by pid limit 1

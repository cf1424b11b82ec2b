-- How the database is, in one row, for the metrics. Null where the login may not see it.
select
    case when r.sees then (
        select extract(epoch from coalesce(max(clock_timestamp() - x.since), interval '0'))::double precision
        from (
            select a.xact_start as since from pg_stat_activity a
            where a.pid <> pg_backend_pid() and (a.backend_xmin is not null or a.backend_xid is not null)
                and a.backend_type <> 'autovacuum worker'
            union all
            select p.prepared from pg_prepared_xacts p
        ) as x
    ) end as oldest_snapshot_s,
    coalesce(w.last_failed_time > coalesce(w.last_archived_time, '-infinity'), false) as archive_fails,
    (select count(*)::integer from pg_replication_slots s where not s.active) as idle_slots,
    (select min(m.applied_at) from tandem.control_migration m) as begin
from pg_stat_archiver w,
    (select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees) as r

-- Who is connected and holds what back, how tables look, and whether the log is kept; one row a check. A superuser sees all of it,
-- another login what it may.
select 'snapshots' as check, case when count(*) = 0 then 'ok' else 'warn' end as result,
    'open for more than ten minutes: ' || coalesce(string_agg(format('process %s of %s, %s min', a.pid, a.usename,
        extract(epoch from clock_timestamp() - a.xact_start)::int / 60), ', ' order by a.xact_start), 'none') as detail,
    'they hold back clean-up for everybody: end them with select pg_terminate_backend(PID), or doctor --fix' as remedy
from pg_stat_activity a
where a.backend_type = 'client backend' and a.datname = current_database() and a.pid <> pg_backend_pid()
    and a.xact_start < clock_timestamp() - interval '10 minutes'
union all
-- What holds rows back with no session that one could look at: a transaction that was prepared and forgotten, a standby that reports what its
-- readers see (hot_standby_feedback), a slot of one that is away.
select 'prepared-transactions', case when count(*) = 0 then 'ok' else 'warn' end,
    'prepared for more than ten minutes: ' || coalesce(string_agg(format('%s of %s, %s min', x.gid, x.owner,
        extract(epoch from clock_timestamp() - x.prepared)::int / 60), ', ' order by x.prepared), 'none'),
    'Tandem prepares none: ask who made it, then as its owner in its database commit prepared or rollback prepared, with that name'
from pg_prepared_xacts x
where x.prepared < clock_timestamp() - interval '10 minutes'
union all
select 'standby-snapshots', case when count(*) = 0 then 'ok' else 'warn' end,
    'holding rows back for more than a million transactions: ' || coalesce(string_agg(format('%s, %s transactions', h.who, h.held), ', '
        order by h.held desc), 'none'),
    'end the long query on that standby (hot_standby_feedback reports it), let whoever reads the slot catch up, or select '
        || 'pg_drop_replication_slot(NAME) where nobody comes back'
from (
    select 'standby ' || coalesce(nullif(r.application_name, ''), r.pid::text) as who, age(r.backend_xmin) as held
    from pg_stat_replication r
    union all
    select 'slot ' || s.slot_name, greatest(age(s.xmin), age(s.catalog_xmin)) from pg_replication_slots s
) h
where h.held > 1000000
union all
select 'slots', case when count(*) = 0 then 'ok' else 'warn' end,
    'replication slots that nobody reads: ' || coalesce(string_agg(s.slot_name, ', '), 'none'),
    'they keep the write-ahead log until the disk is full: select pg_drop_replication_slot(NAME)'
from pg_replication_slots s
where not s.active
union all
select 'connections', case when count(*) > 0.9 * current_setting('max_connections')::int then 'warn' else 'ok' end,
    count(*) || ' of ' || current_setting('max_connections'),
    'raise max_connections, or give BI logins a pooler'
from pg_stat_activity a
where a.backend_type = 'client backend'
union all
select 'bloat', case when count(*) = 0 then 'ok' else 'warn' end,
    'tables of which a third or more is dead: ' || coalesce(string_agg(format('%s.%s (%s rows)', t.schemaname, t.relname, t.n_dead_tup), ', '),
        'none'),
    'vacuum (analyze) TABLE; if it comes back, something holds clean-up up: see snapshots and slots'
from pg_stat_user_tables t
where t.n_dead_tup > 100000 and t.n_dead_tup > 0.5 * t.n_live_tup
union all
select 'archive', case when a.last_failed_time > coalesce(a.last_archived_time, '-infinity') then 'fail' else 'ok' end,
    case when a.last_failed_time > coalesce(a.last_archived_time, '-infinity')
        then format('segment %s of the write-ahead log could not be kept at %s', a.last_failed_wal, a.last_failed_time::timestamptz(0))
        else 'segments of the write-ahead log that were kept: ' || a.archived_count end,
    'is there room where the backups lie, and may PostgreSQL write there? Its log says why'
from pg_stat_archiver a
union all
select 'bi-sessions', case when count(*) = 0 then 'ok' else 'warn' end,
    'BI transactions open for more than ten minutes: ' || count(*), 'doctor --fix ends them'
from pg_stat_activity
where usename ~ '^t_[0-9a-z]{10}_b[0-9]+$' and xact_start < now() - interval '10 minutes'

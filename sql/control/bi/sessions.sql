-- The sessions of BI logins, the longest transaction first. Whoever asks must see all of pg_stat_activity (pg_monitor).
select a.pid, a.usename::text as login, coalesce(a.application_name, '') as application, host(a.client_addr) as client,
    coalesce(a.state, '') as state, a.backend_start as connected_at, a.xact_start as began_at,
    (extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint as transaction_ms,
    left(coalesce(a.query, ''), 500) as query,
    array(select w.pid from pg_stat_activity w where w.leader_pid = a.pid and w.pid <> a.pid) as workers
from pg_stat_activity a
where a.backend_type = 'client backend' and a.usename ~ '^t_[0-9a-z]{10}_b[0-9]+$'
order by a.xact_start nulls last, a.backend_start, a.pid

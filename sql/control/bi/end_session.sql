-- Ends a session ($1: process, $2: its login) if it is still that login's; answers whether there was one. Whoever asks must be allowed to signal (pg_signal_backend).
select count(*) filter (where pg_terminate_backend(a.pid)) > 0 as ended
from pg_stat_activity a
where a.pid = $1 and a.usename = $2 and a.usename ~ '^t_[0-9a-z]{10}_b[0-9]+$'

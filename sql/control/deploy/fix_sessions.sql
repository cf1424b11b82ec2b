-- Ends the sessions of BI logins whose transaction is open for more than ten minutes; answers how many.
select count(*) filter (where pg_terminate_backend(pid)) as ended
from pg_stat_activity
where usename ~ '^t_[0-9a-z]{10}_b[0-9]+$' and xact_start < now() - interval '10 minutes'

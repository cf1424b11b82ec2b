-- The first moments of the months that have a partition of the event log of their own; none without the module.
create or replace function event_months() returns table (month timestamptz)
language sql stable
set timezone = 'UTC'
as $$
    select to_timestamp(substr(c.relname, 12), 'YYYY"m"MM')
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass('event_log') and c.relname ~ '^event_log_y[0-9]{4}m[0-9]{2}$'
    order by 1
$$;

-- The sources of which more than a fifth of the events were duplicates in the hour that runs, or in the one before it, with at
-- least 100 received in that hour: a client that sends constant messageIds, or sends everything twice. The later hour counts.
create or replace function duplicate_alarms(p_now timestamptz)
returns table (source int2, name text, hour timestamptz, received bigint, duplicates bigint)
language sql stable
as $$
    select distinct on (t.source) t.source, coalesce(s.name, 'crm'), t.hour, t.received, t.duplicates
    from (
        select x.source, x.hour, sum(x.received)::bigint as received, sum(x.duplicates)::bigint as duplicates
        from tallied(date_trunc('hour', p_now, 'UTC') - interval '1 hour', p_now) x
        group by x.source, x.hour
    ) t
    left join source s on s.id = t.source
    where t.received >= 100 and 5 * t.duplicates > t.received
    order by t.source, t.hour desc
$$;

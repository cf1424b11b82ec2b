-- Counts of the events that were received from p_from to p_to (whole hours), by source and, as p_by says, hour, day, key or
-- nothing more (total), of all sources or of the one named p_source (name or id), in p_zone's days. Null: there is no such source.
create or replace function source_stats(
    p_source text, p_from timestamptz, p_to timestamptz, p_by text, p_zone text, p_now timestamptz
) returns jsonb
language sql stable
as $$
    with wanted as (
        select s.id, s.name from source s where p_source is null or s.name = p_source or s.source_id::text = p_source
    ),
    counted as (
        select
            w.name, case p_by when 'hour' then t.hour when 'day' then date_trunc('day', t.hour, p_zone) end as at,
            case when p_by = 'key' then t.key_id end as key, sum(t.received) as received, sum(t.accepted) as accepted,
            sum(t.duplicates) as duplicates, sum(t.quarantined) as quarantined, sum(t.rejected) as rejected,
            sum(t.recovered) as recovered
        from tallied(date_trunc('hour', p_from, 'UTC'), p_to) t
        join wanted w on w.id = t.source
        group by 1, 2, 3
    )
    select jsonb_build_object(
        'from', iso_time(date_trunc('hour', p_from, 'UTC')), 'to', iso_time(p_to), 'by', p_by,
        'totals', (
            select jsonb_build_object(
                'received', coalesce(sum(c.received), 0), 'accepted', coalesce(sum(c.accepted), 0),
                'duplicates', coalesce(sum(c.duplicates), 0), 'quarantined', coalesce(sum(c.quarantined), 0),
                'rejected', coalesce(sum(c.rejected), 0), 'recovered', coalesce(sum(c.recovered), 0))
            from counted c),
        'items', (
            select coalesce(jsonb_agg(
                jsonb_strip_nulls(jsonb_build_object('source', c.name, 'at', iso_time(c.at), 'key', c.key))
                    || jsonb_build_object(
                        'received', c.received, 'accepted', c.accepted, 'duplicates', c.duplicates,
                        'quarantined', c.quarantined, 'rejected', c.rejected, 'recovered', c.recovered)
                order by c.name, c.at, c.key), '[]')
            from counted c),
        'alarms', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'source', a.name, 'code', 'many_duplicates', 'hour', iso_time(a.hour), 'received', a.received,
                    'duplicates', a.duplicates)
                order by a.name), '[]')
            from duplicate_alarms(p_now) a
            join wanted w on w.id = a.source))
    where p_source is null or exists (select from wanted)
$$;

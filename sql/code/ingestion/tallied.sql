-- What became of the events that were received from p_from (inclusive) to p_to (exclusive), by the hour of receipt, source and
-- key: exact at every moment, whether the sums are up to date or not.
create or replace function tallied(p_from timestamptz, p_to timestamptz)
returns table (
    hour timestamptz, source int2, key_id text, received bigint, accepted bigint, duplicates bigint, quarantined bigint,
    rejected bigint, recovered bigint
)
language sql stable
as $$
    select
        x.hour, x.source, x.key_id, sum(x.accepted + x.duplicates + x.quarantined + x.rejected)::bigint,
        sum(x.accepted)::bigint, sum(x.duplicates)::bigint, sum(x.quarantined)::bigint, sum(x.rejected)::bigint,
        sum(x.recovered)::bigint
    from (
        select h.hour, h.source, h.key_id, h.accepted, h.duplicates, h.quarantined, h.rejected, h.recovered from source_hour h
        union all
        select t.hour, t.source, t.key_id, t.accepted, t.duplicates, t.quarantined, t.rejected, t.recovered from tally t
    ) x
    where x.hour >= p_from and x.hour < p_to
    group by x.hour, x.source, x.key_id
$$;

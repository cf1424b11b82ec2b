-- module: cdp
create view event_counts as
select
    s.name as source, c.key_id, c.hour, sum(c.accepted + c.duplicates + c.quarantined + c.rejected)::bigint as received,
    sum(c.accepted)::bigint as accepted, sum(c.duplicates)::bigint as duplicates, sum(c.quarantined)::bigint as quarantined,
    sum(c.rejected)::bigint as rejected, sum(c.recovered)::bigint as recovered
from (
    select h.hour, h.source, h.key_id, h.accepted, h.duplicates, h.quarantined, h.rejected, h.recovered from source_hour h
    union all
    select t.hour, t.source, t.key_id, t.accepted, t.duplicates, t.quarantined, t.rejected, t.recovered from tally t
) c
left join source s on s.id = c.source
group by s.name, c.key_id, c.hour;
comment on view event_counts is 'What became of every event that was received, by source, key and the hour of receipt. received = accepted + duplicates + quarantined + rejected.';
comment on column event_counts.source is 'The name of the source.';
comment on column event_counts.key_id is 'The key that the events came with; import, demo and console: without one.';
comment on column event_counts.hour is 'The hour of receipt, as its beginning.';
comment on column event_counts.received is 'All of them.';
comment on column event_counts.accepted is 'Stored at once.';
comment on column event_counts.duplicates is 'Copies of events that were there: ignored.';
comment on column event_counts.quarantined is 'Held until somebody decides.';
comment on column event_counts.rejected is 'Refused, and the sender told so; kept in the quarantine.';
comment on column event_counts.recovered is 'Of those quarantined or rejected: stored later, by re-processing.';

-- Moves the tally into the sums by hour. Returns the number of rows moved. Two callers at once share them out.
create or replace function roll_tallies() returns integer
language sql volatile
as $$
    with taken as (
        delete from tally t where t.ctid = any (array(select x.ctid from tally x limit 50000 for update skip locked))
        returning t.hour, t.source, t.key_id, t.accepted, t.duplicates, t.quarantined, t.rejected, t.recovered
    ),
    moved as (
        insert into source_hour as h (hour, source, key_id, accepted, duplicates, quarantined, rejected, recovered)
        select
            t.hour, t.source, t.key_id, sum(t.accepted), sum(t.duplicates), sum(t.quarantined), sum(t.rejected), sum(t.recovered)
        from taken t
        group by t.hour, t.source, t.key_id
        order by t.hour, t.source, t.key_id
        on conflict (hour, source, key_id) do update
        set accepted = h.accepted + excluded.accepted, duplicates = h.duplicates + excluded.duplicates,
            quarantined = h.quarantined + excluded.quarantined, rejected = h.rejected + excluded.rejected,
            recovered = h.recovered + excluded.recovered
    )
    select count(*)::integer from taken
$$;

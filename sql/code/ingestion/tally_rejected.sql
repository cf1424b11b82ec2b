-- Counts events that were refused and of which nothing is kept: one element each.
create or replace function tally_rejected(p_received_at timestamptz[], p_source int2[], p_key_id text[]) returns void
language sql
as $$
    insert into tally (hour, source, key_id, rejected)
    select date_trunc('hour', r.received_at, 'UTC'), r.source, r.key_id, count(*)
    from unnest(p_received_at, p_source, p_key_id) r(received_at, source, key_id)
    group by 1, 2, 3
$$;

-- The suppression list as it is kept beside backups: hashes, and whether the person was erased or kept out alone.
create or replace function suppression_entries()
returns table (hash text, type text, request uuid, kind text, since text, lifted_at text)
language sql stable
as $$
    select encode(s.hash, 'hex'), s.type, s.request, coalesce(r.kind, 'suppress'), iso_time(s.since), iso_time(s.lifted_at)
    from suppression s
    left join privacy_request r on r.id = s.request
    order by s.seq
$$;

-- One event of the quarantine: as lists show it with the circumstances of its request, its bytes, and those of its correction. No row: there is none.
create or replace function quarantine_show(p_id uuid) returns table (item jsonb, original bytea, corrected bytea)
language sql stable
as $$
    select
        quarantine_item(q.id) || jsonb_build_object(
            'sent_at', iso_time(r.sent_at), 'client_address', r.client_address, 'from_browser', r.from_browser,
            'batch', r.single_type is null),
        q.original, q.corrected
    from quarantine q
    left join quarantine_request r on r.id = q.request
    where q.id = p_id
$$;

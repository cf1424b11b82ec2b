-- One undecided event of the quarantine with what reading it again needs, as quarantine_page. No row: there is none. Raises TD012.
create or replace function quarantine_kept(p_id uuid) returns table (
    id uuid, received_at timestamptz, request uuid, source int2, key_id text, path text, original bytea, complete boolean,
    text_replaced boolean, sent_at timestamptz, client_address text, from_browser boolean, single_type text, envelope bytea
)
language plpgsql stable
as $$
begin
    if exists (select from quarantine q where q.id = p_id and q.state not in ('held', 'rejected')) then
        raise exception 'the event was decided before' using errcode = 'TD012';
    end if;
    return query
    select q.id, q.received_at, q.request, q.source, q.key_id, q.path, q.original, q.complete, q.text_replaced, r.sent_at,
        r.client_address, coalesce(r.from_browser, false), r.single_type, r.envelope
    from quarantine q
    left join quarantine_request r on r.id = q.request
    where q.id = p_id;
end
$$;

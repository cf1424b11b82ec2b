-- The next events for an operation, oldest first, with what reading them again needs: those that its filter means, that were
-- there when it began, are still undecided, and that it has not tried.
create or replace function quarantine_page(p_operation uuid, p_limit integer)
returns table (
    id uuid, received_at timestamptz, request uuid, source int2, key_id text, path text, original bytea, complete boolean,
    text_replaced boolean, sent_at timestamptz, client_address text, from_browser boolean, single_type text, envelope bytea
)
language sql stable
as $$
    select
        q.id, q.received_at, q.request, q.source, q.key_id, q.path, q.original, q.complete, q.text_replaced, r.sent_at,
        r.client_address, coalesce(r.from_browser, false), r.single_type, r.envelope
    from operation o
    cross join quarantine q
    left join source s on s.id = q.source
    left join quarantine_request r on r.id = q.request
    where o.id = p_operation
      and quarantine_matches(
          o.parameters, q.id, q.state, q.code, s.name, q.type, q.name, q.key_id, q.received_at)
      and q.state in ('held', 'rejected')
      and q.operation is distinct from o.id
      and q.received_at <= o.created_at
      and (o.cursor_at is null or (q.received_at, q.id) > (o.cursor_at, o.cursor_id))
    order by q.received_at, q.id
    limit p_limit
$$;

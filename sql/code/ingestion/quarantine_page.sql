-- The next events for an operation, oldest first, with what reading them again needs: those that its filter means, that were
-- there when it began, are still undecided, and that it has not tried. Of one that somebody corrected that is its original.
create or replace function quarantine_page(p_operation uuid, p_limit integer)
returns table (
    id uuid, received_at timestamptz, request uuid, source int2, key_id text, path text, original bytea, complete boolean,
    text_replaced boolean, sent_at timestamptz, client_address text, from_browser boolean, single_type text, envelope bytea
)
language plpgsql stable
as $$
declare
    v_filter jsonb;
    v_ordered_at timestamptz;
    v_cursor_at timestamptz;
    v_cursor_id uuid;
begin
    select o.input, o.created_at, coalesce(o.cursor_at, '-infinity'),
        coalesce(o.cursor_id, '00000000-0000-0000-0000-000000000000')
    into v_filter, v_ordered_at, v_cursor_at, v_cursor_id
    from operation o
    where o.id = p_operation;
    return query execute $q$
        select
            q.id, q.received_at, q.request, q.source, q.key_id, q.path, coalesce(q.corrected, q.original),
            q.complete or q.corrected is not null, q.text_replaced and q.corrected is null, r.sent_at,
            r.client_address, coalesce(r.from_browser, false), r.single_type, r.envelope
        from quarantine q
        left join quarantine_request r on r.id = q.request
        where quarantine_matches($1, $2, q.id, q.state, q.code, q.source, q.type, q.name, q.key_id, q.received_at)
          and q.state in ('held', 'rejected')
          and q.operation is distinct from $3
          and q.received_at <= $4
          and (q.received_at, q.id) > ($5, $6)
        order by q.received_at, q.id
        limit $7
    $q$ using v_filter, quarantine_sources(v_filter), p_operation, v_ordered_at, v_cursor_at, v_cursor_id, p_limit;
end
$$;

-- A page of the quarantine, newest first, behind (p_after_at, p_after_id) if given. p_filter: see quarantine_matches.
create or replace function quarantine_list(p_filter jsonb, p_after_at timestamptz, p_after_id uuid, p_limit integer)
returns table (received_at timestamptz, id uuid, item jsonb)
language sql stable
as $$
    select p.received_at, p.id, quarantine_item(p.id)
    from (
        select q.id, q.received_at
        from quarantine q
        left join source s on s.id = q.source
        where quarantine_matches(p_filter, q.id, q.state, q.code, s.name, q.type, q.name, q.key_id, q.received_at)
          and (p_after_at is null or (q.received_at, q.id) < (p_after_at, p_after_id))
        order by q.received_at desc, q.id desc
        limit p_limit
    ) p
    order by p.received_at desc, p.id desc
$$;

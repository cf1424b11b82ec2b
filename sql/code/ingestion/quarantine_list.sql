-- A page of the quarantine, newest first, behind (p_after_at, p_after_id) if given. p_filter: see quarantine_matches.
create or replace function quarantine_list(p_filter jsonb, p_after_at timestamptz, p_after_id uuid, p_limit integer)
returns table (received_at timestamptz, id uuid, item jsonb)
language plpgsql stable
as $$
begin
    return query execute $q$
        select p.received_at, p.id, quarantine_item(p.id)
        from (
            select q.id, q.received_at
            from quarantine q
            where quarantine_matches($1, $2, q.id, q.state, q.code, q.source, q.type, q.name, q.key_id, q.received_at)
              and (q.received_at, q.id) < ($3, $4)
            order by q.received_at desc, q.id desc
            limit $5
        ) p
        order by p.received_at desc, p.id desc
    $q$ using p_filter, quarantine_sources(p_filter), coalesce(p_after_at, 'infinity'),
        coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), p_limit;
end
$$;

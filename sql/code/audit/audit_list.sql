-- Entries of the audit log that p_filter means ({actor, action (or what stands before its dot), object, object_id, since, until}, all
-- optional), newest first. p_after_…: the place of the last one of the page before.
create or replace function audit_list(
    p_filter jsonb, p_after_at timestamptz, p_after_chain smallint, p_after_seq bigint, p_limit integer
) returns table (at timestamptz, chain smallint, seq bigint, entry jsonb)
language sql stable
as $$
    select
        a.at, a.chain, a.seq, jsonb_build_object(
            'at', iso_time(a.at), 'actor', a.actor, 'action', a.action, 'object', a.object, 'object_id', a.object_id, 'detail', a.detail,
            'chain', a.chain, 'seq', a.seq, 'previous_hash', encode(a.previous_hash, 'hex'), 'hash', encode(a.hash, 'hex')
        )
    from audit a
    where (p_after_at is null or (a.at, a.chain, a.seq) < (p_after_at, p_after_chain, p_after_seq))
        and a.at >= coalesce((p_filter ->> 'since')::timestamptz, '-infinity') and a.at < coalesce((p_filter ->> 'until')::timestamptz, 'infinity')
        and (not p_filter ? 'actor' or a.actor = p_filter ->> 'actor')
        and (not p_filter ? 'action' or a.action = p_filter ->> 'action' or split_part(a.action, '.', 1) = p_filter ->> 'action')
        and (not p_filter ? 'object' or a.object = p_filter ->> 'object')
        and (not p_filter ? 'object_id' or a.object_id = p_filter ->> 'object_id')
    order by a.at desc, a.chain desc, a.seq desc
    limit p_limit
$$;

-- Entries of the control plane's audit log that p_filter means ({actor, action (or what stands before its dot), object (what stands there),
-- object_id, tenant (its id or name, also of one that was dropped), since, until}, all optional), newest first. p_before: the last one of the
-- page before. Its one chain is number 0.
create or replace function control_audit_list(p_filter jsonb, p_before bigint, p_limit integer) returns table (seq bigint, entry jsonb)
language sql stable
as $$
    with dropped as materialized (
        select d.tenant as id, d.detail ->> 'slug' as slug from tandem.audit d where d.action = 'tenant.drop'
    ), known as materialized (
        select t.id, t.slug from tandem.tenant t
        union all
        select d.id, d.slug from dropped d
    )
    select
        a.seq, jsonb_build_object(
            'at', iso_time(a.at), 'actor', a.actor, 'action', a.action, 'object', split_part(a.action, '.', 1), 'object_id', a.object_id,
            'tenant', a.tenant, 'slug', (select k.slug from known k where k.id = a.tenant limit 1), 'detail', a.detail,
            'chain', 0, 'seq', a.seq, 'previous_hash', encode(a.previous_hash, 'hex'), 'hash', encode(a.hash, 'hex')
        )
    from tandem.audit a
    where (p_before is null or a.seq < p_before)
        and a.at >= coalesce((p_filter ->> 'since')::timestamptz, '-infinity') and a.at < coalesce((p_filter ->> 'until')::timestamptz, 'infinity')
        and (not p_filter ? 'actor' or a.actor = p_filter ->> 'actor')
        and (not p_filter ? 'action' or a.action = p_filter ->> 'action' or split_part(a.action, '.', 1) = p_filter ->> 'action')
        and (not p_filter ? 'object' or split_part(a.action, '.', 1) = p_filter ->> 'object')
        and (not p_filter ? 'object_id' or a.object_id = p_filter ->> 'object_id')
        and (
            not p_filter ? 'tenant' or a.tenant::text = p_filter ->> 'tenant'
            or a.tenant in (select k.id from known k where k.slug = p_filter ->> 'tenant')
        )
    order by a.seq desc
    limit p_limit
$$;

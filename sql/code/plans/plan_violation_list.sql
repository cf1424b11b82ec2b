-- Events that did not keep to a plan, last received first, behind (p_after_at, p_after_id) if given. Keys of p_filter, all of
-- which may be missing: plan, source (name or id), type, name, keyword, pointer, action, after (received then or later), before
-- (received earlier).
create or replace function plan_violation_list(p_filter jsonb, p_after_at timestamptz, p_after_id uuid, p_limit int4)
returns table (received_at timestamptz, id uuid, item jsonb)
language plpgsql stable
as $$
begin
    -- With constants it falls apart into conditions that an index serves.
    return query execute $q$
        select
            p.received_at, p.event_id,
            jsonb_build_object(
                'id', p.event_id, 'received_at', iso_time(p.received_at), 'message_id', p.message_id, 'source', s.name,
                'plan', t.name, 'version', p.version, 'type', p.type, 'name', p.name, 'action', p.action,
                'violations', p.violations)
        from (
            select v.*
            from plan_violation v
            where (v.received_at, v.event_id) < ($3, $4)
              and v.received_at >= coalesce(($1 ->> 'after')::timestamptz, '-infinity')
              and v.received_at < coalesce(($1 ->> 'before')::timestamptz, 'infinity')
              and ($2 is null or v.source = any ($2))
              and ($1 ->> 'plan' is null or v.plan = any (array(
                  select x.id from tracking_plan x where x.name = $1 ->> 'plan' or x.id::text = $1 ->> 'plan')))
              and ($1 ->> 'type' is null or v.type = $1 ->> 'type')
              and ($1 ->> 'name' is null or v.name = $1 ->> 'name')
              and ($1 ->> 'action' is null or v.action = $1 ->> 'action')
              and ($1 ->> 'keyword' is null and $1 ->> 'pointer' is null or v.violations @> jsonb_build_array(
                  jsonb_strip_nulls(jsonb_build_object('keyword', $1 -> 'keyword', 'pointer', $1 -> 'pointer'))))
            order by v.received_at desc, v.event_id desc
            limit $5
        ) p
        left join source s on s.id = p.source
        left join tracking_plan t on t.id = p.plan
        order by p.received_at desc, p.event_id desc
    $q$ using p_filter, quarantine_sources(p_filter), coalesce(p_after_at, 'infinity'),
        coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), p_limit;
end
$$;

-- The visible state of a tenant's profiles: what an undo must restore and what the reference model is compared with.
-- Run with the search path at the tenant's two schemas; one query, rows (section, profile, item, detail), sorted.
-- It reads what BI reads; internals only say which node gives a profile its public id.
--
-- A profile is named by its identifiers and a digest of its message ids, never by a generated id, so that two tenants,
-- or a tenant and a model, can be compared. Left out, as the design says: merge history, separations, audit, version,
-- updated_at.
--
-- With the setting tandem.visible_prefix only profiles and events whose identifiers or message ids start so are shown:
-- histories with a prefix of their own can then share a tenant.
with
scope as (
    select coalesce(current_setting('tandem.visible_prefix', true), '') as prefix
),
shown as (
    select p.profile_id
    from profiles p, scope
    where scope.prefix = ''
    union
    select e.profile_id
    from events e, scope
    where scope.prefix <> '' and e.profile_id is not null and starts_with(e.message_id, scope.prefix)
    union
    select i.profile_id
    from profile_identifiers i, scope
    where scope.prefix <> '' and starts_with(i.value, scope.prefix)
),
identifiers as (
    select profile_id, i.type || '=' || i.value as item, i.first_seen_at, i.source
    from profile_identifiers i join shown using (profile_id)
),
happened as (
    select profile_id, e.message_id, e.type, e.ts
    from events e join shown using (profile_id)
),
name as (
    select
        s.profile_id,
        coalesce(words.list, '') || ' #' || left(md5(coalesce(messages.list, '')), 8) as profile
    from shown s
    left join (
        select profile_id, string_agg(item, ' ' order by item collate "C") as list
        from identifiers
        group by profile_id
    ) words using (profile_id)
    left join (
        select profile_id, string_agg(message_id, E'\n' order by message_id collate "C") as list
        from happened
        group by profile_id
    ) messages using (profile_id)
),
public_node as (
    select s.profile_id, coalesce(min(e.message_id collate "C"), '') as item
    from shown s
    left join node n on n.public_id = s.profile_id
    left join event_log e on e.node = n.id
    group by s.profile_id
),
visible (section, profile_id, item, detail) as (
    select 'public', profile_id, item, jsonb_build_object()
    from public_node
    union all
    select
        'identifier', profile_id, item,
        jsonb_build_object(
            'first_seen_at', to_char(first_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'source', source)
    from identifiers
    union all
    select
        'event', profile_id, message_id,
        jsonb_build_object('type', type, 'ts', to_char(ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    from happened
    union all
    select
        'trait', profile_id, t.trait,
        jsonb_build_object(
            'value', t.value_json,
            'ts', to_char(t.ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'message_id', t.message_id)
    from profile_traits t join shown using (profile_id)
    union all
    select 'group', profile_id, g.group_id, jsonb_build_object()
    from profile_groups g join shown using (profile_id)
    union all
    select 'consent', s.profile_id, k.category, jsonb_build_object('granted', k.granted)
    from shown s
    join component c on c.profile_id = s.profile_id
    cross join lateral component_consent(c.label) k
)
select v.section, n.profile, v.item, v.detail
from visible v join name n using (profile_id)
union all
select 'unassigned', '', e.message_id, jsonb_build_object()
from events e, scope
where e.profile_id is null and starts_with(e.message_id, scope.prefix)
order by 1, 2, 3;

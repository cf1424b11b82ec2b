-- One person as its page shows it: the live profile of that id, what it is known by, its traits with source and time, its
-- groups (as the views profile_traits and profile_groups say, which may be those of another build). Identifiers carry the place of their node among `nodes`. Raises TD001.
create or replace function person_page(p_profile uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_label bigint;
    v_person jsonb;
begin
    select n.component into v_label from node n where n.public_id = p_profile;
    if not exists (select from component c where c.label = v_label) then
        raise exception 'no such profile' using errcode = 'TD001';
    end if;
    select jsonb_build_object(
        'id', c.profile_id, 'label', person_label(c.profile_id), 'merges', c.merges,
        'first_seen_at', iso_time(p.first_seen_at), 'last_seen_at', iso_time(p.last_seen_at),
        'nodes', (
            select jsonb_agg(n.public_id order by n.created_at, n.id) from node n where n.component = v_label
        ),
        'identifiers', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'type', i.type, 'value', i.value, 'first_seen_at', iso_time(i.attached_at), 'source', s.name,
                'node', n.public_id
            ) order by i.attached_at, i.type, i.value), '[]')
            from node n
            join identifier i on i.node = n.id
            left join source s on s.id = i.source
            where n.component = v_label
        ),
        'traits', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'trait', t.trait, 'value', left(t.value #>> '{}', 2000),
                'at', iso_time('epoch'::timestamptz + (t.stamp ->> 0)::bigint * interval '1 microsecond'), 'source', s.name,
                'message_id', t.stamp ->> 1
            ) order by t.trait), '[]')
            from (
                select distinct on (e.trait) e.trait, e.stamp, n.traits -> e.trait as value
                from node n
                cross join lateral jsonb_each(n.trait_ts) e(trait, stamp)
                where n.component = v_label
                order by e.trait, (e.stamp ->> 2 = '0') desc, (e.stamp ->> 0)::bigint desc, (e.stamp ->> 1) collate "C" desc
            ) t
            left join source s on s.id = (t.stamp ->> 2)::smallint
            where t.value is not null
        ),
        'consent', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'category', k.category, 'granted', k.granted, 'at', iso_time(k.ts), 'source', s.name
            ) order by k.category), '[]')
            from component_consent(v_label) k
            left join source s on s.id = k.source
        ),
        'groups', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'group_id', g.group_id, 'account_id', g.account_id, 'name', a.name
            ) order by g.group_id), '[]')
            from (
                select distinct j.group_id, coalesce(k.id, r.new_id) as account_id
                from membership j
                join node n on n.id = j.node
                left join accounts k on k.group_id = j.group_id
                left join record_alias x on x.value = j.group_id and x.field = 'group_id' and x.object = 'account'
                left join record_redirect r on r.old_id = x.record_id
                where n.component = v_label and not j."left" and not exists (
                    select from membership l where l.node = j.node and l.group_id = j.group_id and l."left" and l.at > j.at
                )
            ) g
            left join accounts a on a.id = g.account_id
        )
    )
    into v_person
    from component c
    left join profiles p on p.profile_id = c.profile_id
    where c.label = v_label;
    return v_person;
end
$$;

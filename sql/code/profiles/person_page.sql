-- One person as its page shows it: the live profile of that id, what it is known by, its traits with source and time, its
-- groups. Identifiers carry the place of their node among `nodes`. Raises TD001.
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
                'trait', t.trait, 'value', left(t.value, 2000), 'at', iso_time(t.ts), 'source', t.source,
                'message_id', t.message_id
            ) order by t.trait), '[]')
            from profile_traits t
            where t.profile_id = c.profile_id
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
            from profile_groups g
            left join accounts a on a.id = g.account_id
            where g.profile_id = c.profile_id
        )
    )
    into v_person
    from component c
    left join profiles p on p.profile_id = c.profile_id
    where c.label = v_label;
    return v_person;
end
$$;

-- The nodes of a story as JSON, in the order given: who they are now, what they own, how many events they have (at most 1001
-- are counted).
create or replace function story_nodes(p_nodes bigint[]) returns jsonb
language sql stable
as $$
    select jsonb_agg(jsonb_build_object(
        'id', n.public_id, 'profile', c.profile_id, 'label', person_label(c.profile_id),
        'created_at', iso_time(n.created_at),
        'events', (select count(*) from (select from event_log e where e.node = n.id limit 1001) e),
        'identifiers', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'type', i.type, 'value', i.value, 'event', i.first_event
            ) order by i.rank, i.attached_at, i.value), '[]')
            from (
                select i.*, coalesce(array_position(array['email', 'user_id'], i.type), 9) as rank
                from identifier i
                where i.node = n.id
                order by rank, i.attached_at, i.value
                limit 12
            ) i
        )
    ) order by u.pos)
    from unnest(p_nodes) with ordinality u(id, pos)
    join node n on n.id = u.id
    join component c on c.label = n.component
$$;

-- Who may be written to on a channel for a purpose, of the next p_limit profiles after p_after (null: from the first): {"items":
-- [{"profile_id", "user_id", "address"}], "left_out": {why: how many}, "next": the last profile looked at, null at the end}. p_event: only
-- who did it since p_since, counting no event whose person had not agreed that it be a reason (consent_enforced).
create or replace function recipient_page(
    p_channel text, p_purpose text, p_event text, p_since timestamptz, p_after uuid, p_limit int4
) returns jsonb
language sql stable
as $$
    with looked as (
        select p.profile_id, p.user_id, c.label, channel_address(p_channel, p.email, p.phone) as address
        from profiles p
        cross join lateral (
            select (select n.component from node n where n.public_id = p.profile_id) as label
        ) c
        where p_after is null or p.profile_id > p_after
        order by p.profile_id
        limit p_limit
    ), judged as (
        select
            l.profile_id, l.user_id, l.address,
            case
                when p_event is null or exists (
                    select
                    from node n
                    cross join lateral (
                        select e.payload
                        from event_log e
                        where e.node = n.id and e.ts >= p_since and e.type = 'track' and e.name = p_event
                        offset 0
                    ) e
                    where n.component = l.label
                      and not coalesce(e.payload -> 'consent_enforced' @> '[{"activation": "refuse"}]', false)
                ) then sending_state(l.label, p_channel, p_purpose, l.address)
                else 'no_event'
            end as state
        from looked l
    )
    select jsonb_build_object(
        'items', (
            select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'profile_id', j.profile_id, 'user_id', j.user_id, 'address', j.address)) order by j.profile_id), '[]')
            from judged j
            where j.state = 'allowed'
        ),
        'left_out', (
            select coalesce(jsonb_object_agg(o.state, o.n), '{}')
            from (select j.state, count(*) as n from judged j where j.state <> 'allowed' group by j.state) o
        ),
        'next', (
            select case when count(*) = p_limit then (array_agg(l.profile_id order by l.profile_id desc))[1] end from looked l
        )
    )
$$;

-- Whether something may be sent to each of the given profiles (ids of any of their nodes): an array of {"id", "state", "allowed"} in that
-- order; state is what sending_state answers, or unknown for who is nobody or was erased.
create or replace function consent_check(p_profiles uuid[], p_channel text, p_purpose text) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'state', a.state, 'allowed', a.state = 'allowed') order by a.pos), '[]')
    from (
        select
            u.id, u.pos,
            case
                when c.label is null then 'unknown'
                else sending_state(c.label, p_channel, p_purpose, channel_address(p_channel, p.email, p.phone))
            end as state
        from unnest(p_profiles) with ordinality u(id, pos)
        left join node n on n.public_id = u.id and n.erased_at is null
        left join component c on c.label = n.component
        left join profiles p on p.profile_id = c.profile_id
    ) a
$$;

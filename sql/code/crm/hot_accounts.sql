-- Accounts of the caller's reach whose people do much more these seven days than in the four weeks before: events of both, the first as a number, the second a week
-- on average. Looked for among the 500 persons who were seen last.
create or replace function hot_accounts(p_owner uuid, p_now timestamptz, p_limit int4) returns table (account jsonb)
language plpgsql stable
as $$
begin
    return query
    with seen as (
        select p.profile_id
        from profiles p
        where p.last_seen_at > p_now - interval '7 days'
        order by p.last_seen_at desc
        limit 500
    ),
    member as (
        select distinct a.id, n.id as node
        from seen s
        join component c on c.profile_id = s.profile_id
        join node n on n.component = c.label
        join membership m on m.node = n.id and not m."left"
        join accounts a on a.group_id = m.group_id
    ),
    behaviour as (
        select m.id, count(*) filter (where e.ts > p_now - interval '7 days') as recent,
            count(*) filter (where e.ts <= p_now - interval '7 days') / 4.0 as before, max(e.ts) as last_at
        from member m
        join event_log e on e.node = m.node and e.ts > p_now - interval '35 days' and e.ts <= p_now
        group by m.id
    ),
    hot as (
        select b.*, o.count, o.amount, o.currency
        from behaviour b
        join accounts a on a.id = b.id
        left join lateral (
            select count(*) as count, sum(x.amount) as amount, min(x.currency) as currency,
                coalesce(bool_or(x.owner_id = p_owner), false) as is_own, count(distinct x.currency) as currencies
            from opportunities x
            where x.account_id = b.id and x.status = 'open'
        ) o on true
        where b.recent > 2 and b.recent > b.before and (p_owner is null or a.owner_id = p_owner or o.is_own) and may_read('account', b.id)
    )
    select jsonb_build_object(
        'id', h.id, 'name', a.name, 'recent', h.recent, 'before', round(h.before, 1)::float8, 'last_at', iso_time(h.last_at),
        'worth', account_worth(h.id) -> 'worth', 'owner', u.name
    )
    from hot h
    join accounts a on a.id = h.id
    left join users u on u.id = a.owner_id and shows_field('account', 'owner_id') and may_read('user', u.id)
    order by h.recent - h.before desc, a.name, h.id
    limit p_limit;
end
$$;

-- Moves the first and last seen of the nodes that a batch's messages have as home (0 or less: none), and shows it in the
-- profiles. last_at counts in whole minutes, so that a busy node is written at most once a minute of event time, however its
-- events are cut. p_settled: messages that move nothing, as the caller knows (null: none). p_refreshed: components whose rows are
-- written anew after this. The caller holds the components of all others, so that nobody else enters what is not there. (`on
-- conflict` would lock each row first.)
create or replace function apply_activity(
    p_plans anyelement, p_home bigint[], p_ts timestamptz[], p_settled boolean[], p_refreshed bigint[]
) returns void
language plpgsql
as $$
begin
    with changed as materialized (
        select u.node, u.first_at, u.last_at, s.node is null as missing
        from (
            select e.node, min(e.ts) as first_at, date_bin('1 minute', max(e.ts), 'epoch') as last_at
            from unnest(p_home, p_ts, p_settled) e(node, ts, settled)
            where e.node > 0 and e.settled is not true
            group by e.node
            order by e.node
        ) u
        left join lateral (
            select a.node, a.first_at, a.last_at from activity_seen a where a.node = u.node offset 0
        ) s on true
        where s.node is null or u.first_at < s.first_at or u.last_at > s.last_at
    ), entered as (
        insert into activity_seen (node, first_at, last_at)
        select u.node, u.first_at, u.last_at from changed u where u.missing
    ), moved as (
        update activity_seen s
        set first_at = least(s.first_at, u.first_at), last_at = greatest(s.last_at, u.last_at)
        from changed u
        where s.node = u.node and not u.missing
    ), shown as materialized (
        select c.label, c.profile_id, min(u.first_at) as first_at, max(u.last_at) as last_at
        from changed u
        cross join lateral (
            select c.label, c.profile_id
            from component c where c.label = (select n.component from node n where n.id = u.node) offset 0
        ) c
        where c.label <> all (p_refreshed)
        group by c.label, c.profile_id
    )
    update profiles p
    set
        first_seen_at = least(p.first_seen_at, s.first_at),
        -- Only an event before all others needs a look at the component's other nodes.
        last_seen_at = case
            when p.first_seen_at <= s.first_at then greatest(p.last_seen_at, s.last_at)
            else greatest(s.first_at, s.last_at, (
                select max(a.last_at)
                from activity_seen a
                where a.node = any (array(select n.id from node n where n.component = s.label))
            ))
        end
    from shown s
    where p.profile_id = s.profile_id
      and (p.first_seen_at is null or s.first_at < p.first_seen_at or s.last_at > p.last_seen_at);
end
$$;

-- Stores what activity_changes has found (a node may stand there twice; p_missing: some have no row yet) and shows it in the
-- profiles; p_refreshed: components whose rows are written anew anyway. The caller holds the components.
create or replace function apply_activity(
    p_nodes bigint[], p_first_at timestamptz[], p_last_at timestamptz[], p_missing boolean, p_refreshed bigint[]
) returns void
language plpgsql
as $$
begin
    -- Since the components are held, nobody else enters what is not there. (`on conflict` would lock each row first.)
    if p_missing then
        insert into activity_seen (node, first_at, last_at)
        select u.node, min(u.first_at), max(u.last_at)
        from unnest(p_nodes, p_first_at, p_last_at) u(node, first_at, last_at)
        where not exists (select from activity_seen s where s.node = u.node)
        group by u.node
        order by u.node;
    end if;
    with seen as materialized (
        select u.node, min(u.first_at) as first_at, max(u.last_at) as last_at
        from unnest(p_nodes, p_first_at, p_last_at) u(node, first_at, last_at)
        group by u.node
        order by u.node
    ), moved as (
        update activity_seen s
        set first_at = least(s.first_at, u.first_at), last_at = greatest(s.last_at, u.last_at)
        from seen u
        where s.node = u.node and (u.first_at < s.first_at or u.last_at > s.last_at)
    )
    update profiles p
    set
        first_seen_at = least(p.first_seen_at, s.first_at),
        -- Only an event before all others needs a look at the component's other nodes.
        last_seen_at = case
            when p.first_seen_at <= s.first_at then greatest(p.last_seen_at, s.last_at)
            else greatest(s.first_at, s.last_at, (
                select max(a.last_at)
                from node n
                join activity_seen a on a.node = n.id
                where n.component = s.label
            ))
        end
    from (
        select c.label, c.profile_id, min(u.first_at) as first_at, max(u.last_at) as last_at
        from seen u
        join node n on n.id = u.node
        join component c on c.label = n.component
        where c.label <> all (p_refreshed)
        group by c.label
    ) s
    where p.profile_id = s.profile_id
      and (p.first_seen_at is null or s.first_at < p.first_seen_at or s.last_at > p.last_seen_at);
end
$$;

-- Stores what activity_changes has found (a node may stand there twice) and shows it in the profiles; p_refreshed: components whose
-- rows are written anew anyway. The caller holds the components.
create or replace function apply_activity(
    p_nodes bigint[], p_first_at timestamptz[], p_last_at timestamptz[], p_refreshed bigint[]
) returns void
language plpgsql
as $$
begin
    insert into activity_seen (node, first_at, last_at)
    select u.node, min(u.first_at), max(u.last_at)
    from unnest(p_nodes, p_first_at, p_last_at) u(node, first_at, last_at)
    group by u.node
    order by u.node
    on conflict (node) do update
    set first_at = least(activity_seen.first_at, excluded.first_at), last_at = greatest(activity_seen.last_at, excluded.last_at);

    -- Only an event before all others needs a look at the component's other nodes.
    update profiles p
    set
        first_seen_at = least(p.first_seen_at, s.first_at),
        last_seen_at = case
            when p.first_seen_at <= s.first_at then greatest(p.last_seen_at, s.last_at)
            else (
                select greatest(min(a.first_at), max(a.last_at))
                from node n
                join activity_seen a on a.node = n.id
                where n.component = s.label
            )
        end
    from (
        select c.label, c.profile_id, min(u.first_at) as first_at, max(u.last_at) as last_at
        from unnest(p_nodes, p_first_at, p_last_at) u(node, first_at, last_at)
        join node n on n.id = u.node
        join component c on c.label = n.component
        where c.label <> all (p_refreshed)
        group by c.label
    ) s
    where p.profile_id = s.profile_id
      and (p.first_seen_at is null or s.first_at < p.first_seen_at or s.last_at > p.last_seen_at);
end
$$;

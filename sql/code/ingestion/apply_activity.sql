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

    update profiles p
    set first_seen_at = s.first_at, last_seen_at = greatest(s.first_at, s.last_at)
    from (
        select c.profile_id, min(a.first_at) as first_at, max(a.last_at) as last_at
        from component c
        join node n on n.component = c.label
        join activity_seen a on a.node = n.id
        where c.label = any (array(
            select k.component from node k where k.id = any (p_nodes) and k.component <> all (p_refreshed)
        ))
        group by c.profile_id
    ) s
    where p.profile_id = s.profile_id;
end
$$;

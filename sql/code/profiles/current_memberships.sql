-- The groups that a node is in: the latest of (time, leave before join) is a join.
create or replace function current_memberships(p_node bigint) returns table (group_id text, at timestamptz)
language sql stable
as $$
    select j.group_id, j.at
    from membership j
    where j.node = p_node and not j."left" and not exists (
        select from membership l where l.node = j.node and l.group_id = j.group_id and l."left" and l.at > j.at
    )
$$;

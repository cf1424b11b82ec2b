-- The nodes whose first or last seen is moved by those messages of a batch that p_slow marks as p_of, with both times. last_at
-- counts in whole minutes, so that a busy node is written at most once a minute of event time, however its events are cut.
-- p_settled: messages that move nothing, as the caller knows.
create or replace function activity_changes(
    p_home bigint[], p_ts timestamptz[], p_slow boolean[], p_of boolean, p_settled boolean[],
    out nodes bigint[], out first_at timestamptz[], out last_at timestamptz[], out missing boolean
)
language plpgsql stable
as $$
begin
    select
        coalesce(array_agg(u.node), '{}'), coalesce(array_agg(u.first_at), '{}'), coalesce(array_agg(u.last_at), '{}'),
        coalesce(bool_or(s.node is null), false)
    into nodes, first_at, last_at, missing
    from (
        select e.node, min(e.ts) as first_at, date_bin('1 minute', max(e.ts), 'epoch') as last_at
        from unnest(p_home, p_ts, p_slow, p_settled) e(node, ts, slow, settled)
        where e.node > 0 and e.slow = p_of and e.settled is not true
        group by e.node
        order by e.node
    ) u
    left join activity_seen s on s.node = u.node
    where s.node is null or u.first_at < s.first_at or u.last_at > s.last_at;
end
$$;

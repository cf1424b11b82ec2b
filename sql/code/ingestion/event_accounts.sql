-- The account of each event, for ever: the one that the call names, else the only account of its home node's own memberships.
create or replace function event_accounts(
    p_home bigint[], p_co_msg int4[], p_co_kind text[], p_co_value text[]
) returns uuid[]
language plpgsql
as $$
declare
    v_accounts uuid[];
begin
    select array_agg(a.id order by u.pos) into v_accounts
    from unnest(p_home) with ordinality u(node, pos)
    left join lateral (
        select case when count(*) = 1 then (array_agg(x.id))[1] end as id
        from (
            select a.id
            from membership j
            join accounts a on a.group_id = j.group_id
            where j.node = u.node and not j."left"
              and not exists (
                  select from membership l
                  where l.node = j.node and l.group_id = j.group_id and l."left" and l.at > j.at
              )
            limit 2
        ) x
    ) a on u.node > 0;
    return v_accounts;
end
$$;

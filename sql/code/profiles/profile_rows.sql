-- What the rows of `profiles` ought to show for the given components.
create or replace function profile_rows(p_labels bigint[]) returns table (
    profile_id uuid, user_id text, email text, phone text, first_seen_at timestamptz, last_seen_at timestamptz
)
language sql stable
as $$
    select c.profile_id, i.user_id, coalesce(t.email, i.email), coalesce(t.phone, i.phone), a.first_at, a.last_at
    from (
        -- Most components have one node, their public one. `offset 0`: the list is made once a row.
        select
            x.profile_id,
            case
                when x.merges = 0 then array[x.public_node]
                else array(select n.id from node n where n.component = x.label)
            end as nodes
        from component x
        where x.label = any (p_labels)
        offset 0
    ) c
    cross join lateral (
        select
            (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'user_id'))[1] as user_id,
            (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'email'))[1] as email,
            (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'phone'))[1] as phone
        from identifier x
        where x.node = any (c.nodes)
    ) i
    cross join lateral (
        select min(s.first_at) as first_at, greatest(min(s.first_at), max(s.last_at)) as last_at
        from activity_seen s
        where s.node = any (c.nodes)
    ) a
    cross join lateral (
        select
            (array_agg(
                case when jsonb_typeof(n.traits -> 'email') = 'string' then n.traits ->> 'email' end
                order by trait_order(n.trait_ts -> 'email') collate "C" desc
            ) filter (where n.trait_ts ? 'email'))[1] as email,
            (array_agg(
                case when jsonb_typeof(n.traits -> 'phone') in ('string', 'number') then n.traits ->> 'phone' end
                order by trait_order(n.trait_ts -> 'phone') collate "C" desc
            ) filter (where n.trait_ts ? 'phone'))[1] as phone
        from node n
        where n.id = any (c.nodes)
    ) t
$$;

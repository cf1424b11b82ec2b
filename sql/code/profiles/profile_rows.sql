-- What the rows of `profiles` ought to show for the given components.
create or replace function profile_rows(p_labels bigint[]) returns table (
    profile_id uuid, user_id text, email text, phone text, first_seen_at timestamptz, last_seen_at timestamptz
)
language sql stable
as $$
    select c.profile_id, i.user_id, coalesce(email.value, i.email), coalesce(phone.value, i.phone), a.first_at, a.last_at
    from component c
    cross join lateral (
        select
            (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'user_id'))[1] as user_id,
            (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'email'))[1] as email,
            (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'phone'))[1] as phone
        from node n
        join identifier x on x.node = n.id
        where n.component = c.label and x.type in ('user_id', 'email', 'phone')
    ) i
    cross join lateral (
        select min(s.first_at) as first_at, greatest(min(s.first_at), max(s.last_at)) as last_at
        from node n
        join activity_seen s on s.node = n.id
        where n.component = c.label
    ) a
    left join lateral (
        select case when jsonb_typeof(n.traits -> 'email') = 'string' then n.traits ->> 'email' end as value
        from node n
        where n.component = c.label and n.trait_ts ? 'email'
        order by trait_order(n.trait_ts -> 'email') collate "C" desc
        limit 1
    ) email on true
    left join lateral (
        select case when jsonb_typeof(n.traits -> 'phone') in ('string', 'number') then n.traits ->> 'phone' end as value
        from node n
        where n.component = c.label and n.trait_ts ? 'phone'
        order by trait_order(n.trait_ts -> 'phone') collate "C" desc
        limit 1
    ) phone on true
    where c.label = any (p_labels)
$$;

-- Writes the rows that BI sees for the given components; a row that shows the same already is not touched.
create or replace function refresh_profiles(p_labels bigint[]) returns void
language plpgsql
as $$
begin
    insert into profiles (profile_id, user_id, email, phone, first_seen_at, last_seen_at)
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
    order by c.label
    on conflict (profile_id) do update
    set (user_id, email, phone, first_seen_at, last_seen_at)
        = (excluded.user_id, excluded.email, excluded.phone, excluded.first_seen_at, excluded.last_seen_at)
    where (profiles.user_id, profiles.email, profiles.phone, profiles.first_seen_at, profiles.last_seen_at)
        is distinct from
        (excluded.user_id, excluded.email, excluded.phone, excluded.first_seen_at, excluded.last_seen_at);
end
$$;

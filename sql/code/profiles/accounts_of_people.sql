-- The names of the accounts that each of the given profiles is a member of, for those that have any.
create or replace function accounts_of_people(p_profiles uuid[]) returns table (profile uuid, names jsonb)
language sql stable
as $$
    select c.profile_id, jsonb_agg(distinct coalesce(a.name, g.group_id))
    from component c
    join node n on n.component = c.label
    cross join lateral current_memberships(n.id) g
    left join accounts a on a.id = group_account(g.group_id) and may_read('account', a.id)
    where c.profile_id = any (p_profiles)
    group by c.profile_id
$$;

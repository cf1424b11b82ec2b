-- The profile whose story tells most, for a page that nobody has asked for anybody: of the newest merges that still hold, the
-- one that joined most that people tell apart (e-mail addresses, user ids); without merges the newest known person, else the
-- newest profile. Null: there is none.
create or replace function person_to_show() returns uuid
language plpgsql stable
as $$
declare
    v_profile uuid;
begin
    select c.profile_id
    into v_profile
    from (select m.id, m.created_at from merge m where m.state = 'applied' order by m.created_at desc, m.id desc limit 200) m
    join lateral (select e.a from edge e where e.merge = m.id order by e.id limit 1) e on true
    join node n on n.id = e.a
    join component c on c.label = n.component
    cross join lateral (
        select
            count(distinct i.value) filter (where i.type = 'email') as emails,
            count(distinct i.node) as sides,
            bool_or(i.type = 'user_id') as is_known
        from node o
        join identifier i on i.node = o.id
        where o.component = c.label
    ) k
    where c.identifiers <= 60
    order by least(k.emails, 2) desc, k.is_known desc nulls last, least(k.sides, 4) desc, m.created_at desc
    limit 1;
    if v_profile is null then
        select p.profile_id into v_profile from profiles p where p.user_id is not null order by p.profile_id desc limit 1;
    end if;
    if v_profile is null then
        select p.profile_id into v_profile from profiles p order by p.profile_id desc limit 1;
    end if;
    return v_profile;
end
$$;

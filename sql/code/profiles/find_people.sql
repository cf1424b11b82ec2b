-- Profiles, newest first, behind p_before if given; with p_query those with an identifier that begins so (in any type), or with a
-- number that ends so, however it is written (see phone_ending).
-- Types are few: the recursion jumps from one to the next, so that each is one look into the index.
create or replace function find_people(p_query text, p_before uuid, p_limit int4)
returns table (id uuid, person jsonb)
language plpgsql stable
as $$
declare
    v_ending text := reverse(phone_ending(p_query));
begin
    return query
    with recursive types(type) as (
        (select i.type from identifier i where p_query <> '' order by i.type limit 1)
        union all
        select (select i.type from identifier i where i.type > t.type order by i.type limit 1) from types t where t.type is not null
    ),
    found as (
        select distinct c.profile_id
        from types t
        cross join lateral (
            select i.node
            from identifier i
            where i.type = t.type and i.value collate "C" >= p_query and i.value collate "C" < p_query || chr(1114111)
            order by i.value
            limit p_limit
        ) i
        join node n on n.id = i.node
        join component c on c.label = n.component
        where t.type is not null
        union
        select c.profile_id
        from (
            select i.node
            from identifier i
            where i.type = 'phone' and reverse(regexp_replace(i.value, '[^0-9]', '', 'g')) collate "C" >= v_ending
                and reverse(regexp_replace(i.value, '[^0-9]', '', 'g')) collate "C" < v_ending || ':'
            limit p_limit
        ) i
        join node n on n.id = i.node
        join component c on c.label = n.component
        union
        select s.profile_id
        from (
            select p.profile_id
            from profiles p
            where p.phone is not null and reverse(regexp_replace(p.phone, '[^0-9]', '', 'g')) collate "C" >= v_ending
                and reverse(regexp_replace(p.phone, '[^0-9]', '', 'g')) collate "C" < v_ending || ':'
            limit p_limit
        ) s
    ),
    page as (
        select p.*
        from profiles p
        where (coalesce(p_query, '') = '' or p.profile_id in (select f.profile_id from found f))
          and (p_before is null or p.profile_id < p_before)
        order by p.profile_id desc
        limit p_limit
    )
    select
        p.profile_id,
        jsonb_build_object(
            'id', p.profile_id, 'label', person_label(p.profile_id), 'user_id', p.user_id, 'email', p.email,
            'first_seen_at', iso_time(p.first_seen_at), 'last_seen_at', iso_time(p.last_seen_at),
            'identifiers', c.identifiers, 'merges', c.merges,
            'accounts', (
                select coalesce(jsonb_agg(distinct coalesce(a.name, g.group_id)), '[]')
                from node n
                cross join lateral current_memberships(n.id) g
                left join accounts a on a.id = group_account(g.group_id)
                where n.component = c.label
            )
        )
    from page p
    join component c on c.profile_id = p.profile_id
    order by p.profile_id desc;
end
$$;

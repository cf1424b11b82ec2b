-- What the messages p_msgs of trusted sources want of contacts, as items of write_records with the message that wants it: a new
-- contact at the first message by which its person has a user id or an address, and an account, whose owner gets it; more accounts for one that is
-- there, named by these calls or by memberships that trusted sources made. Of memberships and identifiers that came with this
-- batch, a message knows those up to itself. p_later: see nodes_before.
create or replace function wanted_contacts(
    p_msgs int4[], p_home bigint[], p_named uuid[], p_joined text[], p_event_id uuid[], p_later text[]
) returns table (msg int4, item jsonb)
language plpgsql stable
as $$
begin
    return query
    with person as materialized (
        select m.msg, n.component as label, w.nodes, k.contact_id
        from unnest(p_msgs) m(msg)
        cross join lateral (select o.id, o.component from node o where o.id = p_home[m.msg] offset 0) n
        cross join lateral (select nodes_before(n.id, p_later) as nodes offset 0) w
        left join lateral (
            select cn.contact_id
            from (select c.contact_id from contact_node c where c.node = any (w.nodes) offset 0) cn
            order by cn.contact_id
            limit 1
        ) k on true
    ), member as materialized (
        -- The accounts of each person's memberships; since: the message of this batch that made it, null if it was there.
        select l.label, a.id as account_id, source_rank(j.source) as rank, since.msg as since
        from (select distinct p.label, p.nodes from person p) l
        cross join lateral (select o.* from membership o where o.node = any (l.nodes) and not o."left" offset 0) j
        cross join lateral (select o.id from accounts o where o.id = group_account(j.group_id) offset 0) a
        left join lateral (
            select min(u.pos)::int4 as msg
            from unnest(p_home, p_joined) with ordinality u(node, group_id, pos)
            where u.node = j.node and u.group_id = j.group_id
        ) since on true
        where not exists (
            select from membership v where v.node = j.node and v.group_id = j.group_id and v."left" and v.at > j.at
        )
    ), belonging as materialized (
        select p.msg, p.label, p.contact_id, p_named[p.msg] as account_id
        from person p
        where p_named[p.msg] is not null
        union
        select p.msg, p.label, p.contact_id, m.account_id
        from person p
        join member m on m.label = p.label and (m.since is null or m.since <= p.msg)
        where p.contact_id is null or m.rank >= 20
    ), known as materialized (
        -- The identifier that makes a person with an account a contact.
        select distinct on (p.label, p.msg) p.msg, p.label, x.node, case when x.type = 'email' then x.value end as email
        from (
            select c.msg, c.label, c.nodes
            from person c
            where c.contact_id is null and exists (select from belonging b where b.label = c.label and b.msg = c.msg)
            offset 0
        ) p
        cross join lateral (
            select o.* from identifier o where o.node = any (p.nodes) and o.type in ('user_id', 'email') offset 0
        ) x
        where coalesce(array_position(p_event_id, x.first_event) <= p.msg, true)
        order by p.label, p.msg, x.type = 'email', x.attached_at, x.value
    ), first as (
        select distinct on (k.label) k.label, k.msg, k.node, k.email from known k order by k.label, k.msg
    )
    select f.msg, jsonb_build_object(
        'op', 'create', 'node', f.node, 'data', contact_data(f.node, coalesce(f.email, person_email(f.label)))
            || (
                select jsonb_build_object(
                    'accounts', jsonb_agg(jsonb_build_object('account_id', b.account_id, 'primary', b.place = 1) order by b.place)
                ) || jsonb_strip_nulls(jsonb_build_object('owner_id', account_owner((array_agg(b.account_id order by b.place))[1])))
                from (
                    select d.account_id, row_number() over (order by d.msg, d.account_id) as place
                    from (
                        -- Later messages of the run add what they name.
                        select x.account_id, min(x.msg) as msg
                        from belonging x
                        left join member m on m.label = x.label and m.account_id = x.account_id
                        where x.label = f.label and x.msg >= f.msg
                          and (x.msg = f.msg or x.account_id = p_named[x.msg] or m.rank >= 20)
                        group by x.account_id
                    ) d
                ) b
            )
    )
    from first f
    union all
    select min(b.msg), jsonb_build_object('op', 'update', 'id', b.contact_id, 'add', jsonb_build_object(
        'accounts', jsonb_agg(distinct jsonb_build_object('account_id', b.account_id))
    ))
    from belonging b
    where b.contact_id is not null and not exists (
        select from account_contacts x where x.contact_id = b.contact_id and x.account_id = b.account_id
    )
    group by b.contact_id;
end
$$;

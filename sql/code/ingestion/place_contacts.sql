-- Contacts of the persons behind the messages p_msgs (positions), see place_people: makes those that ought to exist and do not,
-- adds accounts to the others, and folds anew those that show something else than what was said.
create or replace function place_contacts(
    p_msgs int4[], p_home bigint[], p_named uuid[], p_message_id text[], p_ts timestamptz[], p_source int2[],
    p_pf_msg int4[], p_pf_field text[], p_pf_value text[], p_email_norm text[], p_phone_e164 text[]
) returns void
language plpgsql
as $$
declare
    v_write record;
    v_refold uuid[];
begin
    for v_write in
        with person as materialized (
            -- Per component: its first message here, the accounts that its calls named, its contact if it has one.
            select
                c.label, c.profile_id, m.msg, m.named, k.contact_id
            from (
                select n.component as label, min(u.msg) as msg, array_remove(array_agg(distinct p_named[u.msg]), null) as named
                from unnest(p_msgs) u(msg)
                join node n on n.id = p_home[u.msg]
                group by n.component
            ) m
            join component c on c.label = m.label
            left join lateral (
                select cn.contact_id
                from node n
                join contact_node cn on cn.node = n.id
                where n.component = c.label
                order by cn.contact_id
                limit 1
            ) k on true
        ), belonging as materialized (
            select p.label, p.profile_id, p.msg, p.contact_id, a.account_id
            from person p
            cross join lateral (
                select u.id as account_id from unnest(p.named) u(id)
                union
                select a.id
                from node n
                cross join lateral current_memberships(n.id) j
                join accounts a on a.group_id = j.group_id
                where n.component = p.label
            ) a
        ), wanted as (
            select
                b.msg, jsonb_build_object('op', 'update', 'id', b.contact_id, 'add', jsonb_build_object(
                    'accounts', jsonb_agg(jsonb_build_object('account_id', b.account_id) order by b.account_id)
                )) as item
            from belonging b
            where b.contact_id is not null and not exists (
                select from account_contacts x where x.contact_id = b.contact_id and x.account_id = b.account_id
            )
            group by b.msg, b.contact_id
            union all
            select b.msg, jsonb_build_object(
                'op', 'create', 'node', i.node,
                'data', contact_data(b.label, i.email) || jsonb_build_object('accounts', jsonb_agg(jsonb_build_object(
                    'account_id', b.account_id, 'primary', b.account_id = b.first_account
                ) order by b.account_id))
            )
            from (select x.*, min(x.account_id::text) over (partition by x.label)::uuid as first_account from belonging x) b
            cross join lateral (
                -- The node that owns what makes the person a contact.
                select
                    (array_agg(x.node order by x.type = 'email', x.attached_at, x.value))[1] as node,
                    (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'email'))[1] as email
                from node n
                join identifier x on x.node = n.id and x.type in ('user_id', 'email')
                where n.component = b.label
            ) i
            where b.contact_id is null and i.node is not null
            group by b.msg, b.label, i.node, i.email
        )
        select
            p_source[w.msg] as source,
            jsonb_agg(w.item || jsonb_build_object('at', iso_time(p_ts[w.msg]), 'message_id', p_message_id[w.msg]) order by w.msg)
                as items
        from wanted w
        group by 1
        order by 1
    loop
        -- An address that another contact holds is answered `duplicate`: then there is none to make.
        perform write_records('contact', v_write.source, source_rank(v_write.source), null, 'event', 'event', v_write.items);
    end loop;

    -- Fields that a person's traits feed: where one of the values said differs from what is shown.
    select array_agg(distinct d.id order by d.id) into v_refold
    from unnest(p_pf_msg, p_pf_field, p_pf_value) f(msg, field, value)
    join node h on h.id = p_home[f.msg]
    join node n on n.component = h.component
    join contact_node cn on cn.node = n.id
    join contacts d on d.id = cn.contact_id
    where f.msg = any (p_msgs)
      and f.value is distinct from case f.field
          when 'email' then d.email when 'phone' then d.phone when 'first_name' then d.first_name
          when 'last_name' then d.last_name when 'title' then d.title else f.value
      end;
    if v_refold is not null then
        perform refold_contacts(v_refold);
    end if;

    -- Fields that traits do not feed: the address.
    for v_write in
        select s.source, jsonb_agg(s.item order by s.msg) as items
        from (
            select
                f.msg, p_source[f.msg] as source,
                jsonb_build_object(
                    'op', 'update', 'id', d.id, 'data', jsonb_object_agg(f.field, f.value),
                    'at', iso_time(p_ts[f.msg]), 'message_id', p_message_id[f.msg]
                ) as item
            from unnest(p_pf_msg, p_pf_field, p_pf_value) f(msg, field, value)
            join node h on h.id = p_home[f.msg]
            join node n on n.component = h.component
            join contact_node cn on cn.node = n.id
            join contacts d on d.id = cn.contact_id
            where f.msg = any (p_msgs) and f.field like 'address_%' and to_jsonb(d) ->> f.field is distinct from f.value
            group by f.msg, d.id
        ) s
        group by s.source
        order by s.source
    loop
        perform write_records('contact', v_write.source, source_rank(v_write.source), null, 'event', 'event', v_write.items);
    end loop;
end
$$;

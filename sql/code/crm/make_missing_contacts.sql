-- After an undo: the rule when a contact exists, applied anew to the components that there are now. A person without a contact,
-- with a user id or an e-mail address from a trusted source and a membership in an account, gets one, which is the account's owner's.
create or replace function make_missing_contacts(p_labels bigint[], p_at timestamptz, p_cause text) returns void
language plpgsql
as $$
declare
    v_write record;
begin
    for v_write in
        select i.source, jsonb_agg(jsonb_build_object(
            'op', 'create', 'node', i.node, 'data', contact_data(i.node, i.email) || jsonb_build_object('accounts', a.list) || a.owner
        ) order by l.label) as items
        from unnest(p_labels) l(label)
        cross join lateral (
            select
                (array_agg(x.node order by x.type = 'email', x.attached_at, x.value))[1] as node,
                (array_agg(x.source order by x.type = 'email', x.attached_at, x.value))[1] as source,
                (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'email'))[1] as email
            from node n
            join identifier x on x.node = n.id and x.type in ('user_id', 'email') and source_rank(x.source) = 30
            where n.component = l.label
        ) i
        cross join lateral (
            select jsonb_agg(jsonb_build_object('account_id', b.id, 'primary', b.place = 1) order by b.place) as list,
                jsonb_strip_nulls(jsonb_build_object('owner_id', account_owner((array_agg(b.id order by b.place))[1]))) as owner
            from (
                select d.id, row_number() over (order by d.id) as place
                from (
                    select distinct k.id
                    from node n
                    cross join lateral current_memberships(n.id) m
                    join accounts k on k.id = group_account(m.group_id)
                    where n.component = l.label
                ) d
            ) b
        ) a
        where i.node is not null and a.list is not null and not exists (
            select from node n join contact_node cn on cn.node = n.id where n.component = l.label
        )
        group by i.source
        order by i.source
    loop
        perform write_records('contact', v_write.source, 30::int2, p_at, 'tandem', p_cause, v_write.items);
    end loop;
end
$$;

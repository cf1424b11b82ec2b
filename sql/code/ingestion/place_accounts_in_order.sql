-- place_accounts for a batch in which a call joins a group anew or makes or fills an account: message after message, because
-- what one does decides what the next one names. p_group: the group that each message joins; joined: where it is joined anew.
create or replace function place_accounts_in_order(
    p_home bigint[], p_message_id text[], p_type text[], p_ts timestamptz[], p_flags int4[], p_source int2[], p_traits jsonb[],
    p_group text[], p_email_norm text[], p_co_msg int4[], p_co_kind text[], p_co_value text[], p_co_name text[],
    out accounts uuid[], out named uuid[], out joined text[]
)
language plpgsql
as $$
declare
    c_may_create constant int4 := 64;
    v_msg record;
    v_account uuid;
begin
    accounts := array_fill(null::uuid, array[cardinality(p_home)]);
    named := accounts;
    joined := array_fill(null::text, array[cardinality(p_home)]);
    -- Writers that make the same account make it one after the other. These buckets are taken after all of identity.
    perform from (
        select b.id
        from lock_bucket b
        where b.id = any (array(
            select distinct (8192 + identifier_bucket(c.kind, c.value) % 64)::int2
            from unnest(p_co_msg, p_co_kind, p_co_value) c(msg, kind, value)
            where p_flags[c.msg] & c_may_create <> 0 and p_home[c.msg] >= 0
        ))
        order by b.id
        for update
    ) b;

    for v_msg in
        select u.pos::int4 as pos, u.node, u.message_id, u.type, u.ts, u.flags, u.source, u.traits, u.group_id, u.email_norm,
            c.kinds, c.vals, c.names
        from unnest(p_home, p_message_id, p_type, p_ts, p_flags, p_source, p_traits, p_group, p_email_norm) with ordinality
            u(node, message_id, type, ts, flags, source, traits, group_id, email_norm, pos)
        left join (
            select k.msg, array_agg(k.kind order by k.ord) as kinds, array_agg(k.value order by k.ord) as vals,
                array_agg(k.name order by k.ord) as names
            from unnest(p_co_msg, p_co_kind, p_co_value, p_co_name) with ordinality k(msg, kind, value, name, ord)
            group by k.msg
        ) c on c.msg = u.pos
        where u.node >= 0
        order by u.pos
    loop
        v_account := null;
        if v_msg.kinds is not null then
            v_account := name_account(
                v_msg.kinds, v_msg.vals, v_msg.names, v_msg.flags & c_may_create <> 0, v_msg.source, v_msg.ts, v_msg.message_id,
                case when v_msg.type = 'group' then coalesce(v_msg.traits, '{}') end, v_msg.email_norm
            );
        end if;
        named[v_msg.pos] := v_account;
        if v_msg.node > 0 then
            if v_msg.group_id is not null then
                if not exists (select from current_memberships(v_msg.node) m where m.group_id = v_msg.group_id) then
                    joined[v_msg.pos] := v_msg.group_id;
                end if;
                perform apply_memberships(
                    array[v_msg.node], array[v_msg.message_id], array[v_msg.ts], array[v_msg.flags], array[v_msg.source],
                    array[v_msg.group_id]
                );
            end if;
            v_account := coalesce(v_account, membership_account(v_msg.node));
        end if;
        accounts[v_msg.pos] := v_account;
    end loop;
end
$$;

-- The account of each message, for ever: the one that the call names, else the only account of its home node's own memberships.
-- Stores the memberships, and makes or fills accounts where the source may. named: which of them the calls named;
-- joined: the group that a message's node was not in before (null: none of the batch does).
create or replace function place_accounts(
    p_plans anyelement,
    p_home bigint[], p_message_id text[], p_type text[], p_ts timestamptz[], p_flags int4[], p_source int2[], p_traits jsonb[],
    p_group_id text[], p_email_norm text[], p_co_msg int4[], p_co_kind text[], p_co_value text[], p_co_name text[],
    out accounts uuid[], out named uuid[], out joined text[]
)
language plpgsql
as $$
declare
    c_may_create constant int4 := 64;
    v_count int4 := cardinality(p_home);
    v_group text[] := array_fill(null::text, array[v_count]);  -- the group that a message joins
    v_named boolean;        -- whether a call may name an account that is not there yet
    v_row record;
    v_in_order boolean := false;
begin
    named := array_fill(null::uuid, array[v_count]);
    if p_co_msg <> '{}' or 'group' = any (p_type) then
        for v_row in select f.msg, f.account_id, f.kind from named_accounts(p_co_msg, p_co_kind, p_co_value) f loop
            if p_home[v_row.msg] >= 0 then
                named[v_row.msg] := v_row.account_id;
            end if;
        end loop;
        -- A group call joins its group; an identify joins that of the company it names by id.
        for v_row in
            select
                k.msg, p_type[k.msg] as type, k.may_create, a.group_id as found,
                (array_agg(k.value order by k.ord) filter (where k.kind = 'group_id'))[1] as group_id,
                bool_or(k.kind = 'company_key') as has_key
            from (
                select c.*, p_flags[c.msg] & c_may_create <> 0 as may_create
                from unnest(p_co_msg, p_co_kind, p_co_value) with ordinality c(msg, kind, value, ord)
                where p_home[c.msg] >= 0
            ) k
            left join accounts a on a.id = named[k.msg]
            group by k.msg, k.may_create, a.group_id
        loop
            if v_row.type = 'identify' then
                v_group[v_row.msg] := v_row.group_id;
            end if;
            v_named := v_row.group_id is not null or v_row.has_key;
            if v_row.may_create and v_named and (
                named[v_row.msg] is null or (
                    v_row.group_id is not null and v_row.group_id is distinct from v_row.found
                    and group_account(v_row.group_id) is distinct from named[v_row.msg]
                )
            ) then
                v_in_order := true;
            end if;
        end loop;
        for v_row in
            select u.pos::int4 as msg, u.group_id
            from unnest(p_type, p_group_id, p_home) with ordinality u(type, group_id, node, pos)
            where u.type = 'group' and u.group_id is not null and u.node > 0
        loop
            v_group[v_row.msg] := v_row.group_id;
        end loop;
        v_in_order := v_in_order or exists (
            select
            from unnest(p_home, v_group) u(node, group_id)
            where u.node > 0 and u.group_id is not null and not exists (
                select from current_memberships(u.node) m where m.group_id = u.group_id
            )
        );
        if v_in_order then
            select o.accounts, o.named, o.joined into accounts, named, joined
            from place_accounts_in_order(
                p_home, p_message_id, p_type, p_ts, p_flags, p_source, p_traits, v_group, p_email_norm,
                p_co_msg, p_co_kind, p_co_value, p_co_name
            ) o;
            return;
        end if;
        perform apply_memberships(p_home, p_message_id, p_ts, p_flags, p_source, v_group);
    end if;
    if not exists (select from membership) then
        accounts := named;
        return;
    end if;
    select array_agg(coalesce(u.named, a.id) order by u.pos) into accounts
    from unnest(p_home, named) with ordinality u(node, named, pos)
    left join lateral (
        select (array_agg(x.id))[1] as id
        from (
            select k.id
            from membership j
            cross join lateral (
                select o.id from accounts o where o.group_id = j.group_id
                union all
                select r.new_id
                from record_alias y join record_redirect r on r.old_id = y.record_id
                where y.value = j.group_id and y.field = 'group_id' and y.object = 'account'
            ) k
            where j.node = u.node and not j."left" and not exists (
                select from membership l where l.node = j.node and l.group_id = j.group_id and l."left" and l.at > j.at
            )
            limit 16
        ) x
        having count(distinct x.id) = 1
    ) a on u.named is null and u.node > 0;
end
$$;

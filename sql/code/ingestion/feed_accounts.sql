-- Gives accounts what group calls of a batch say of them (p_named: the account of each message, p_traits: the call's). What an
-- account shows already from the same source only gets the newer time; the rest goes through write_records, once an account
-- and source, the calls in order of time.
create or replace function feed_accounts(
    p_named uuid[], p_type text[], p_message_id text[], p_ts timestamptz[], p_flags int4[], p_source int2[], p_traits jsonb[],
    p_co_msg int4[], p_co_kind text[], p_co_value text[]
) returns void
language plpgsql
as $$
declare
    c_may_create constant int4 := 64;
    v_write record;
begin
    for v_write in
        with said as materialized (
            select
                u.pos, u.account_id, u.source, u.ts, u.message_id,
                account_data(u.traits)
                || case when named.name is null then '{}' else jsonb_build_object('name', named.name) end
                || case when named.name is null or co.company_key is null then '{}'
                    else jsonb_build_object('company_key', co.company_key) end as data
            from unnest(p_named, p_type, p_message_id, p_ts, p_flags, p_source, p_traits) with ordinality
                u(account_id, type, message_id, ts, flags, source, traits, pos)
            cross join lateral (
                select nullif(btrim(coalesce(u.traits ->> 'name', u.traits #>> '{company,name}')), '') as name
            ) named
            left join lateral (
                select c.value as company_key
                from unnest(p_co_msg, p_co_kind, p_co_value) c(msg, kind, value)
                where c.msg = u.pos and c.kind = 'company_key'
                limit 1
            ) co on true
            where u.type = 'group' and u.account_id is not null and u.flags & c_may_create <> 0 and u.traits is not null
        ), fields as (
            select s.pos, s.account_id, s.source, s.ts, s.message_id, f.key, f.value
            from said s
            cross join lateral jsonb_each(s.data) f
        ), known as (
            -- Shown, and said by this source before: only newer now.
            update field_source k
            set at = n.ts, message_id = n.message_id
            from (
                select distinct on (f.account_id, f.key, f.source) f.account_id, f.key, f.source, f.value, f.ts, f.message_id
                from fields f
                order by f.account_id, f.key, f.source, f.ts desc, f.message_id collate "C" desc
            ) n
            where k.record_id = n.account_id and k.field = n.key and k.source = n.source and k.value = n.value
              and (k.at, k.message_id collate "C") < (n.ts, n.message_id collate "C")
        )
        select
            f.source,
            jsonb_agg(jsonb_build_object(
                'op', 'update', 'id', f.account_id, 'data', f.data, 'at', iso_time(f.ts), 'message_id', f.message_id
            ) order by f.ts, f.message_id collate "C") as items
        from (
            select f.pos, f.account_id, f.source, f.ts, f.message_id, jsonb_object_agg(f.key, f.value) as data
            from fields f
            join accounts a on a.id = f.account_id
            -- A name's company key goes with it, or it would be lost.
            where to_jsonb(a) -> f.key is distinct from f.value
               or (f.key = 'company_key' and exists (
                   select from fields n
                   where n.pos = f.pos and n.key = 'name' and to_jsonb(a.name) is distinct from n.value
               ))
            group by f.pos, f.account_id, f.source, f.ts, f.message_id
        ) f
        group by f.source
        order by f.source
    loop
        perform write_records(
            'account', v_write.source, source_rank(v_write.source), null, 'event', 'event', v_write.items
        );
    end loop;
end
$$;

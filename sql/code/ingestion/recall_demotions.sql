-- Among the messages that p_slow marks, those whose identifier list is known to end in the same demotions as before: records
-- the demotions again and answers the messages. Their home is the owner of their first identifier.
create or replace function recall_demotions(
    p_plans anyelement, p_slow boolean[], p_rules_version int4, p_epoch int4, p_event_id uuid[], p_message_id text[],
    p_id_msg int4[], p_id_type text[], p_id_value text[]
) returns int4[]
language plpgsql
as $$
declare
    v_msgs int4[];
begin
    if not exists (select from demotion_memo) then
        return null;
    end if;
    with named as materialized (
        select u.msg, u.type, u.value, row_number() over (partition by u.msg order by u.ord) as pos
        from unnest(p_id_msg, p_id_type, p_id_value) with ordinality u(msg, type, value, ord)
        where p_slow[u.msg]
    ), recalled as materialized (
        select l.msg, m.demoted
        from (
            select n.msg, identifier_list_key(string_agg(n.type || E'\x1f' || n.value, E'\x1e' order by n.pos)) as key
            from named n
            group by n.msg
        ) l
        join demotion_memo m on m.key = l.key and m.epoch = p_epoch and m.rules_version = p_rules_version
    ), recorded as (
        insert into demotion (event_id, message_id, type, value, rule, rules_version, created_at)
        select p_event_id[r.msg], p_message_id[r.msg], n.type, n.value, d.item ->> 1, p_rules_version, now()
        from recalled r
        cross join lateral jsonb_array_elements(r.demoted) with ordinality d(item, ord)
        join named n on n.msg = r.msg and n.pos = (d.item ->> 0)::int4
        order by r.msg, d.ord
    )
    select array_agg(r.msg) into v_msgs from recalled r;
    return v_msgs;
end
$$;

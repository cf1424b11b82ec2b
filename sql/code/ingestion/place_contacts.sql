-- Contacts of the persons behind the messages p_msgs (positions) of trusted sources, see place_people: makes those that ought to
-- exist and do not, adds accounts to the others, and folds anew those that show something else than what was said.
-- p_later: see nodes_before.
create or replace function place_contacts(
    p_msgs int4[], p_home bigint[], p_named uuid[], p_joined text[], p_event_id uuid[], p_message_id text[],
    p_ts timestamptz[], p_source int2[], p_pf_msg int4[], p_pf_field text[], p_pf_value text[], p_later text[]
) returns void
language plpgsql
as $$
declare
    v_write record;
    v_refold uuid[];
begin
    for v_write in
        select
            p_source[w.msg] as source,
            jsonb_agg(w.item || jsonb_build_object('at', iso_time(p_ts[w.msg]), 'message_id', p_message_id[w.msg]) order by w.msg)
                as items
        from wanted_contacts(p_msgs, p_home, p_named, p_joined, p_event_id, p_later) w
        group by 1
        order by 1
    loop
        -- An address that another contact holds is answered `duplicate`: then there is none to make.
        perform write_records('contact', v_write.source, source_rank(v_write.source), null, 'event', 'event', v_write.items);
    end loop;
    if p_pf_msg = '{}' then
        return;
    end if;

    -- Fields that a person's traits feed: where one of the values said differs from what is shown.
    select array_agg(distinct d.id order by d.id) into v_refold
    from unnest(p_pf_msg, p_pf_field, p_pf_value) f(msg, field, value)
    cross join lateral (
        select c.contact_id from contact_node c where c.node = any (nodes_before(p_home[f.msg], p_later)) offset 0
    ) cn
    cross join lateral (select c.* from contacts c where c.id = cn.contact_id offset 0) d
    where f.field in ('email', 'phone', 'first_name', 'last_name', 'title') and f.msg = any (p_msgs)
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
            cross join lateral (
                select c.contact_id from contact_node c where c.node = any (nodes_before(p_home[f.msg], p_later)) offset 0
            ) cn
            cross join lateral (select c.* from contacts c where c.id = cn.contact_id offset 0) d
            where f.msg = any (p_msgs) and f.field like 'address\_%' and to_jsonb(d) ->> f.field is distinct from f.value
            group by f.msg, d.id
        ) s
        group by s.source
        order by s.source
    loop
        perform write_records('contact', v_write.source, source_rank(v_write.source), null, 'event', 'event', v_write.items);
    end loop;
end
$$;

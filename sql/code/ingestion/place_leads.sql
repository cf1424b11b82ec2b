-- Leads of the persons behind the identify calls p_msgs of public sources: each fills the empty fields of the person's newest
-- open lead, else of the newest open lead with its address, else makes one. A person with a contact gets none: what was said
-- stays with the profile as a suggestion. p_later: see nodes_before.
create or replace function place_leads(
    p_msgs int4[], p_home bigint[], p_message_id text[], p_ts timestamptz[], p_source int2[],
    p_pf_msg int4[], p_pf_field text[], p_pf_value text[], p_email_norm text[], p_phone_e164 text[],
    p_later text[]
) returns void
language plpgsql
as $$
declare
    v_person record;
    v_lead uuid;
    v_old jsonb;
begin
    for v_person in
        with said as materialized (
            -- The first value of a field in the batch fills it, the later ones find it filled.
            select distinct on (h.component, f.field) h.component as label, f.msg, f.field, f.value
            from (
                select p.msg, p.field, p.value
                from unnest(p_pf_msg, p_pf_field, p_pf_value) p(msg, field, value)
                where p.field in ('first_name', 'last_name', 'title', 'email', 'phone', 'website', 'company')
                union all
                select u.msg, 'email_norm', p_email_norm[u.msg] from unnest(p_msgs) u(msg) where p_email_norm[u.msg] is not null
                union all
                select u.msg, 'phone_e164', p_phone_e164[u.msg] from unnest(p_msgs) u(msg) where p_phone_e164[u.msg] is not null
            ) f
            cross join lateral (select o.component from node o where o.id = p_home[f.msg] offset 0) h
            where f.msg = any (p_msgs)
            order by h.component, f.field, f.msg
        )
        select s.label, min(s.msg) as msg, jsonb_object_agg(s.field, s.value) as data
        from said s
        where not exists (
            select from contact_node cn where cn.node = any (nodes_before(p_home[s.msg], p_later))
        )
        group by s.label
        order by min(s.msg)
    loop
        select l.id, to_jsonb(l) into v_lead, v_old
        from (
            select d.*, 1 as place
            from leads d
            where d.id = any (array(
                select ln.lead_id from lead_node ln where ln.node = any (nodes_before(p_home[v_person.msg], p_later))
            ))
              and d.status not in ('converted', 'disqualified')
            union all
            select d.*, 2
            from leads d
            where d.email_norm = v_person.data ->> 'email_norm' and d.status not in ('converted', 'disqualified')
        ) l
        order by l.place, l.created_at desc, l.id desc
        limit 1;
        continue when v_lead is not null and not exists (
            select from jsonb_each(v_person.data) f where v_old -> f.key = 'null'
        );
        perform write_records(
            'lead', p_source[v_person.msg], source_rank(p_source[v_person.msg]), p_ts[v_person.msg], 'event', 'event',
            jsonb_build_array(jsonb_build_object(
                'at', iso_time(p_ts[v_person.msg]), 'message_id', p_message_id[v_person.msg], 'data', v_person.data
            ) || case
                when v_lead is null then jsonb_build_object('op', 'create', 'node', p_home[v_person.msg])
                else jsonb_build_object('op', 'update', 'id', v_lead, 'only_empty', true)
            end)
        );
    end loop;
end
$$;

-- One event as its page shows it: what was stored, whose it is, and what it did: traits and identifiers that it brought, the
-- account, merges, identifiers that a rule kept out, a form's submission. Found by its id and the time of its receipt. Null: there is none.
create or replace function event_page(p_event_id uuid, p_received_at timestamptz) returns jsonb
language plpgsql stable
set enable_seqscan = off
as $$
declare
    v_event record;
    v_crm boolean := to_regclass('form_submission') is not null;
begin
    select e.* into v_event
    from event_log e
    where e.received_at = p_received_at and e.event_id = p_event_id
    limit 1;
    if not found then
        return null;
    end if;
    return (
        select jsonb_build_object(
            'id', v_event.event_id, 'message_id', v_event.message_id, 'type', v_event.type, 'name', v_event.name,
            'at', iso_time(v_event.ts), 'received_at', iso_time(v_event.received_at), 'source', s.name, 'session', v_event.session,
            'flags', v_event.flags, 'payload', jsonb_pretty(v_event.payload), 'account_id', a.id, 'account', a.name,
            'profile', c.profile_id, 'person', case when c.profile_id is not null then person_label(c.profile_id) end,
            'traits', jsonb_pretty(t.delta),
            'identifiers', (
                select coalesce(jsonb_agg(jsonb_build_object('type', i.type, 'value', i.value) order by i.type, i.value), '[]')
                from identifier i
                where i.node = v_event.node and i.first_event = v_event.event_id
            ),
            'demotions', (
                select coalesce(jsonb_agg(jsonb_build_object('type', d.type, 'value', d.value, 'rule', d.rule) order by d.seq), '[]')
                from demotion d
                where d.event_id = v_event.event_id
            ),
            'review', (select r.id from review r where r.ref = v_event.message_id),
            'groups', (
                select coalesce(jsonb_agg(jsonb_build_object('group_id', m.group_id, 'left', m."left") order by m.group_id), '[]')
                from membership m
                where m.node = v_event.node and m.message_id = v_event.message_id
            ),
            'merges', (
                select coalesce(jsonb_agg(jsonb_build_object('state', m.state)), '[]')
                from merge m
                where m.ref = v_event.message_id
            ),
            'form', case when v_crm then event_submission(v_event.event_id) end
        )
        from (select) one
        left join source s on s.id = v_event.source
        left join node n on n.id = v_event.node
        left join component c on c.label = n.component
        left join accounts a on a.id = v_event.account_id
        left join lateral (
            select r.delta from trait_record r
            where r.node = v_event.node and r.ts = v_event.ts and r.message_id = v_event.message_id
            order by r.seq desc
            limit 1
        ) t on true
    );
end
$$;

-- What is known of a person but for events, as {"kind", "data"}, in an order that stays: profile, identifiers, traits as they were
-- said, groups, consent, contacts and leads with their history, activities, tickets, comments and files.
create or replace function export_records(p_nodes bigint[], p_contacts uuid[], p_leads uuid[]) returns table (item jsonb)
language plpgsql stable
as $$
declare
    v_persons uuid[] := p_contacts || p_leads;
    v_talks uuid[];
    v_tickets uuid[];
begin
    return query
    select jsonb_build_object('kind', 'profile', 'data', profile_show(c.profile_id))
    from component c
    where c.label in (select n.component from node n where n.id = any (p_nodes))
    order by c.label;
    return query
    select jsonb_build_object('kind', 'traits', 'data', jsonb_build_object('at', iso_time(t.ts), 'traits', t.delta))
    from trait_record t where t.node = any (p_nodes) order by t.node, t.ts, t.seq;
    return query
    select jsonb_build_object('kind', 'group', 'data', jsonb_build_object(
        'group_id', m.group_id, 'left', m."left", 'at', iso_time(m.at)))
    from membership m where m.node = any (p_nodes) order by m.node, m.group_id, m."left";
    return query
    select jsonb_build_object('kind', 'consent', 'data', jsonb_build_object(
        'at', iso_time(c.ts), 'categories', c.categories))
    from consent_statement c where c.node = any (p_nodes) order by c.node, c.ts, c.seq;
    if to_regclass('contact_node') is null then
        return;
    end if;
    select t.activities, t.tickets into v_talks, v_tickets from person_talks(v_persons) t;
    return query
    select jsonb_build_object('kind', 'contact', 'data', to_jsonb(c) || jsonb_build_object(
        'channels', (select jsonb_agg(to_jsonb(k)) from contact_channels k where k.contact_id = c.id),
        'accounts', (select jsonb_agg(to_jsonb(k)) from account_contacts k where k.contact_id = c.id)))
    from contacts c where c.id = any (p_contacts) order by c.id;
    return query
    select jsonb_build_object('kind', 'lead', 'data', to_jsonb(l)) from leads l where l.id = any (p_leads) order by l.id;
    return query
    select jsonb_build_object('kind', b.object, 'data', b.data || jsonb_strip_nulls(jsonb_build_object(
        'channels', b.children #> '{rows,contact_channels}', 'deleted_at', iso_time(b.deleted_at))))
    from bin b where b.object in ('contact', 'lead') and b.record_id = any (v_persons) order by b.record_id;
    return query
    select jsonb_build_object('kind', 'activity', 'data', to_jsonb(a)) from activities a where a.id = any (v_talks) order by a.id;
    return query
    select jsonb_build_object('kind', 'ticket', 'data', to_jsonb(t)) from tickets t where t.id = any (v_tickets) order by t.id;
    return query
    select jsonb_build_object('kind', 'comment', 'data', to_jsonb(c))
    from comments c where c.object_id = any (v_persons || v_talks || v_tickets) order by c.id;
    return query
    select jsonb_build_object('kind', 'attachment', 'data', to_jsonb(a))
    from attachments a where a.object_id = any (v_persons || v_talks || v_tickets) order by a.id;
    return query
    select jsonb_build_object('kind', 'history', 'data', jsonb_build_object(
        'object', h.object, 'record_id', h.record_id, 'at', iso_time(h.at), 'action', h.action, 'changes', h.changes))
    from record_history h where h.record_id = any (v_persons) and h.cause <> 'erase' order by h.record_id, h.seq;
end
$$;

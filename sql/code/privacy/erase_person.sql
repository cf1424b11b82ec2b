-- Carries out an erasure that begin_erasure began, in one transaction, and answers {relation: rows}. p_asked: the identifier that was asked
-- for, which nobody may have: what is held back or was refused can name it all the same. Null answered: more identifiers had come
-- to the person; they are suppressed now: commit, pass privacy_barrier, call again. Raises TD001.
create or replace function erase_person(p_request uuid, p_actor text, p_asked text) returns jsonb
language plpgsql
as $$
declare
    v_request record;
    v_nodes bigint[];
    v_contacts uuid[];
    v_leads uuid[];
    v_types text[];
    v_values text[];
    v_emails text[];
    v_phones text[];
    v_crm boolean := to_regclass('contact_node') is not null;
    v_counts jsonb;
    v_new integer;
begin
    select r.nodes, r.contacts, r.leads, r.counts into v_request
    from privacy_request r where r.id = p_request and r.kind = 'erase' and r.state = 'running' for update;
    if not found then
        raise exception 'no such request' using errcode = 'TD001';
    end if;
    if v_request.nodes <> '{}' then
        perform await_components(v_request.nodes);
    end if;
    v_nodes := array(
        select m.id from node m where m.component in (select n.component from node n where n.id = any (v_request.nodes))
    );
    v_contacts := v_request.contacts;
    v_leads := v_request.leads;
    if v_crm then
        v_contacts := array(
            select c from unnest(v_contacts) c union select l.contact_id from contact_node l where l.node = any (v_nodes)
            union select b.id from binned_persons() b where b.object = 'contact' and b.node = any (v_nodes));
        v_leads := array(
            select l from unnest(v_leads) l union select l.lead_id from lead_node l where l.node = any (v_nodes)
            union select b.id from binned_persons() b where b.object = 'lead' and b.node = any (v_nodes));
    end if;
    select
        coalesce(array_agg(i.type), '{}'), coalesce(array_agg(i.value), '{}'),
        coalesce(array_agg(i.value) filter (where i.type = 'email'), '{}'),
        coalesce(array_agg(i.value) filter (where i.type = 'phone'), '{}')
    into v_types, v_values, v_emails, v_phones
    from subject_identifiers(v_nodes, v_contacts, v_leads) i;
    v_new := suppress_identifiers(p_request, v_types, v_values);
    if v_new > 0 then
        update privacy_request r
        set nodes = v_nodes, contacts = v_contacts, leads = v_leads,
            counts = add_counts(r.counts, jsonb_build_object('suppressed', v_new))
        where r.id = p_request;
        return null;
    end if;

    v_counts := add_counts(v_request.counts, erase_events(v_nodes, null));
    if v_crm then
        delete from form_submission s where s.node = any (v_nodes) or s.lead_id = any (v_leads);
        v_counts := add_counts(v_counts, erase_conversations(v_contacts, v_leads, p_actor));
        v_counts := add_counts(v_counts, jsonb_build_object(
            'leads', erase_records('lead', v_leads, v_emails, v_phones, p_actor),
            'contacts', erase_records('contact', v_contacts, v_emails, v_phones, p_actor)));
    end if;
    v_counts := add_counts(v_counts, erase_identity(v_nodes));
    v_counts := add_counts(v_counts, erase_mentions(case when p_asked is null then v_values else array_append(v_values, p_asked) end));
    update identity_state set epoch = epoch + 1;
    insert into dirty (nodes, at) select v_nodes, now() where v_nodes <> '{}';
    insert into outbox (topic, key, payload, at)
    select 'profile.erased', n.public_id::text, jsonb_build_object('id', n.public_id, 'request', p_request), now()
    from node n where n.id = any (v_nodes);
    return v_counts;
end
$$;

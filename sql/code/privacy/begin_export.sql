-- Notes that all that is known of a person was asked for, and answers how much there is: {"events", "contacts", …}. Null: nobody is
-- meant. Raises TD013.
create or replace function begin_export(
    p_id uuid, p_kind text, p_type text, p_value text, p_all boolean, p_reason text, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_subject record;
    v_events bigint := 0;
begin
    select s.nodes, s.contacts, s.leads into v_subject from privacy_subject(p_kind, p_type, p_value, p_all) s;
    if v_subject.nodes = '{}' and v_subject.contacts = '{}' and v_subject.leads = '{}' then
        return null;
    end if;
    insert into privacy_request (id, kind, state, type, hash, reason, nodes, contacts, leads, actor, created_at)
    values (
        p_id, 'export', 'running', case p_kind when 'identifier' then p_type else p_kind end,
        suppression_hash(case p_kind when 'identifier' then p_type else p_kind end, p_value), p_reason, v_subject.nodes,
        v_subject.contacts, v_subject.leads, p_actor, now()
    );
    if to_regclass('event_log') is not null then
        select count(*) into v_events from event_log l where l.node = any (v_subject.nodes);
    end if;
    return jsonb_build_object(
        'events', v_events, 'contacts', cardinality(v_subject.contacts), 'leads', cardinality(v_subject.leads),
        'identifiers', (select count(*) from identifier i where i.node = any (v_subject.nodes))
    );
end
$$;

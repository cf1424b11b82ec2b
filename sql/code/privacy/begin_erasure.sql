-- Begins an erasure, or, with p_kind_of_request suppress, notes that nothing of the person may come in any more: finds the person,
-- notes the request and suppresses all identifiers. Answers {"events": at most p_count_to, "profiles", "contacts", "leads"}. Nothing
-- that names one of the identifiers comes in after this is committed and privacy_barrier has passed. Raises TD013.
create or replace function begin_erasure(
    p_id uuid, p_kind_of_request text, p_kind text, p_type text, p_value text, p_all boolean, p_reason text, p_actor text,
    p_count_to integer
) returns jsonb
language plpgsql
as $$
declare
    v_subject record;
    v_types text[];
    v_values text[];
    v_events integer := 0;
    v_suppressed integer;
begin
    select s.nodes, s.contacts, s.leads into v_subject from privacy_subject(p_kind, p_type, p_value, p_all) s;
    select array_agg(i.type), array_agg(i.value) into v_types, v_values
    from (
        select i.type, i.value from subject_identifiers(v_subject.nodes, v_subject.contacts, v_subject.leads) i
        union
        select p_type, p_value where p_kind = 'identifier'
    ) i;
    insert into privacy_request (
        id, kind, state, type, hash, reason, nodes, contacts, leads, actor, created_at
    )
    values (
        p_id, p_kind_of_request, 'running', case p_kind when 'identifier' then p_type else p_kind end,
        suppression_hash(case p_kind when 'identifier' then p_type else p_kind end, p_value), p_reason, v_subject.nodes,
        v_subject.contacts, v_subject.leads, p_actor, now()
    );
    v_suppressed := suppress_identifiers(p_id, v_types, v_values);
    update privacy_request r set counts = jsonb_build_object('suppressed', v_suppressed) where r.id = p_id;
    if to_regclass('event_log') is not null then
        select count(*) into v_events
        from (select from event_log l where l.node = any (v_subject.nodes) limit p_count_to) e;
    end if;
    return jsonb_build_object(
        'events', v_events, 'profiles', (
            select count(distinct n.component) from node n where n.id = any (v_subject.nodes)
        ), 'contacts', cardinality(v_subject.contacts), 'leads', cardinality(v_subject.leads), 'suppressed', v_suppressed
    );
end
$$;

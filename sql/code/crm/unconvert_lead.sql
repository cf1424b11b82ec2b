-- Takes the conversion of a lead back, and answers {"id", "lead_id", "removed", "kept", "cleared"}: what it made goes to the bin unless
-- somebody has edited it or uses it by now (kept, with the reason), what it filled is empty again where it still says the same, its
-- links go, and the lead has the status it had. A dry run answers the same and changes nothing. Raises TD001; TD018; TD013 of a lead
-- that is not converted.
create or replace function unconvert_lead(p_lead uuid, p_actor text, p_dry_run boolean) returns jsonb
language plpgsql
as $$
declare
    v_conversion record;
    v_object text;
    v_parts jsonb := '[]';
    v_done jsonb;
begin
    perform require_right('lead', p_lead, 'edit');
    perform await_components(array(
        select l.node from lead_node l where l.lead_id = p_lead
        union
        select c.node from leads l join contact_node c on c.contact_id = l.converted_contact_id where l.id = p_lead
    ));
    perform from leads l where l.id = p_lead for no key update;
    if not found then
        raise exception 'no such lead' using errcode = 'TD001';
    end if;
    select c.* into v_conversion from lead_conversion c where c.lead_id = p_lead and c.undone_at is null;
    if not found then
        raise exception 'not converted' using errcode = 'TD013', detail = 'The lead is not converted.';
    end if;
    begin
        perform write_record('lead', jsonb_build_object('op', 'update', 'id', p_lead, 'data', jsonb_build_object(
            'status', v_conversion.status_before, 'converted_account_id', null, 'converted_contact_id', null,
            'converted_opportunity_id', null, 'converted_at', null
        )), p_actor, 'unconvert');
        delete from activity_links l
        using jsonb_to_recordset(v_conversion.links) x(activity_id uuid, object text, record_id uuid)
        where l.activity_id = x.activity_id and l.object = x.object and l.record_id = x.record_id;
        perform write_record('attachment', jsonb_build_object('op', 'delete', 'id', a.id), p_actor, 'unconvert')
        from attachments a
        where a.id in (select (f ->> 'id')::uuid from jsonb_array_elements(v_conversion.files) f);
        -- What refers to the others first.
        foreach v_object in array array['opportunity', 'contact', 'account'] loop
            v_parts := v_parts || case v_conversion.done #>> array[v_object, 'action']
                when 'created' then remove_converted(v_object, v_conversion.done -> v_object, v_conversion.at, p_actor)
                when 'used' then empty_converted(v_object, v_conversion.done, v_conversion.at, p_actor)
                else '[]'
            end;
        end loop;
        update review r set state = 'obsolete', decided_at = now(), decided_by = p_actor
        where r.ref = 'lead:' || p_lead and r.state = 'open';
        update lead_conversion c set undone_at = now(), undone_by = p_actor where c.id = v_conversion.id;
        v_done := jsonb_build_object('id', v_conversion.id, 'lead_id', p_lead, 'status', v_conversion.status_before) || (
            select jsonb_object_agg(k.kind, coalesce((
                select jsonb_agg(p - 'kind') from jsonb_array_elements(v_parts) p where p ->> 'kind' = k.kind
            ), '[]'))
            from unnest(array['removed', 'kept', 'cleared']) k(kind)
        );
        insert into outbox (topic, key, payload, at) values ('lead.unconverted', p_lead::text, v_done, now());
        if p_dry_run then
            raise exception 'dry run' using errcode = 'TDDRY';
        end if;
    exception
        when sqlstate 'TDDRY' then
            v_done := jsonb_build_object('dry_run', true) || v_done;
    end;
    return v_done;
end
$$;

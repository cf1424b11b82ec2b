-- Makes a lead an account, a contact and, if wanted, an opportunity, as one transaction, and answers what was done: {"id",
-- "lead_id", "at", "account", "contact", "opportunity", "activities"}, each record as {"id", "name", "action":
-- created|used, "filled", "reason"}. Records that are there already are used, and only their empty fields are filled; activities of the lead get links to
-- the new records beside their own; the lead's person becomes the contact's.
-- p_options: {"account_id"?, "contact_id"?, "opportunity_id"?, "opportunity"?: its fields, "owner_id"?, "on_duplicate"?:
-- use|error|create}. A dry run does the same and takes it back, with ids of new records left out.
-- Raises TD001; TD018; TD013 of a disqualified lead; TD014 already_converted; TD015 ambiguous_conversion; those of write_record.
create or replace function convert_lead(p_lead uuid, p_options jsonb, p_actor text, p_dry_run boolean) returns jsonb
language plpgsql
as $$
declare
    v_lead record;
    v_matches jsonb;
    v_account jsonb;
    v_contact jsonb;
    v_opportunity jsonb;
    v_done jsonb;
begin
    perform require_right('lead', p_lead, 'edit');
    -- The order of locks that ingest has: persons before records.
    v_matches := lead_matches(p_lead);
    perform await_components(array(
        select l.node from lead_node l where l.lead_id = p_lead
        union
        select c.node from contact_node c
        where c.contact_id = (p_options ->> 'contact_id')::uuid
           or c.contact_id in (select (m ->> 'id')::uuid from jsonb_array_elements(v_matches -> 'contacts') m)
    ));
    select l.* into v_lead from leads l where l.id = p_lead for no key update;
    if not found then
        raise exception 'no such lead' using errcode = 'TD001';
    elsif v_lead.status = 'converted' then
        raise exception 'the lead was converted before' using errcode = 'TD014', detail = jsonb_build_object(
            'account_id', v_lead.converted_account_id, 'contact_id', v_lead.converted_contact_id,
            'opportunity_id', v_lead.converted_opportunity_id
        )::text;
    elsif v_lead.status = 'disqualified' then
        raise exception 'a disqualified lead' using errcode = 'TD013',
            detail = 'The lead is disqualified; give it another status first.';
    end if;
    begin
        -- What was written meanwhile counts too.
        v_matches := choose_conversion(p_options, lead_matches(p_lead));
        v_account := convert_lead_account(to_jsonb(v_lead), v_matches, p_options, p_actor);
        v_contact := convert_lead_contact(to_jsonb(v_lead), v_matches, v_account, p_options, p_actor);
        v_account := coalesce(v_account, v_contact -> 'its_account');
        if v_lead.normalizer_version < normalizer_version() then
            perform age_forms('account', array[(v_account ->> 'id')::uuid], v_lead.normalizer_version);
            perform age_forms('contact', array[(v_contact ->> 'id')::uuid], v_lead.normalizer_version);
        end if;
        v_opportunity := convert_lead_opportunity(to_jsonb(v_lead), v_account, v_contact, p_options, p_actor);
        v_done := finish_conversion(to_jsonb(v_lead), v_account, v_contact - 'its_account', v_opportunity, p_actor);
        if p_dry_run then
            raise exception 'dry run' using errcode = 'TDDRY';
        end if;
    exception
        when sqlstate 'TDDRY' then
            v_done := jsonb_build_object('dry_run', true) || (v_done - 'id' - 'at') || (
                select jsonb_object_agg(d.key, case when d.value ->> 'action' = 'created' then d.value - 'id' else d.value end)
                from jsonb_each(v_done) d
                where d.key in ('account', 'contact', 'opportunity')
            );
    end;
    return v_done;
end
$$;

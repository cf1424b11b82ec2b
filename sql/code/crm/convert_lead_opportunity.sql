-- The opportunity of a conversion: the one that the caller names, or a new one with the fields that it gives, else null. The
-- contact takes part in it, as its primary one if it has none.
create or replace function convert_lead_opportunity(
    p_lead jsonb, p_account jsonb, p_contact jsonb, p_options jsonb, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_id uuid := (p_options ->> 'opportunity_id')::uuid;
    v_contact uuid := (p_contact ->> 'id')::uuid;
    v_data jsonb := jsonb_strip_nulls(jsonb_build_object('source', p_lead -> 'source', 'campaign', p_lead -> 'campaign'))
        || shared_fields('lead', 'opportunity', p_lead);
    v_place jsonb := '{}';
begin
    if not exists (select from opportunity_contacts x where x.opportunity_id = v_id and x.contact_id = v_contact) then
        v_place := jsonb_build_object('contacts', jsonb_build_array(jsonb_build_object(
            'contact_id', v_contact,
            'primary', not exists (select from opportunity_contacts x where x.opportunity_id = v_id and x."primary")
        )));
    end if;
    if v_id is not null then
        return fill_record(
            'opportunity', jsonb_build_object('id', v_id, 'reason', 'named'), v_data, jsonb_build_object('add', v_place), p_actor,
            '/opportunity_id'
        ) || jsonb_build_object('joined', v_place <> '{}');
    elsif not p_options ? 'opportunity' then
        return null;
    end if;
    return jsonb_build_object('action', 'created', 'id', write_record('opportunity', jsonb_build_object(
        'op', 'create', 'data', v_data || jsonb_strip_nulls(jsonb_build_object(
            'name', coalesce(
                p_lead ->> 'company', nullif(concat_ws(' ', p_lead ->> 'first_name', p_lead ->> 'last_name'), ''),
                p_lead ->> 'email', p_lead ->> 'phone', 'New opportunity'
            ),
            'account_id', p_account -> 'id', 'owner_id', coalesce(p_options -> 'owner_id', p_lead -> 'owner_id')
        )) || v_place || (p_options -> 'opportunity')
    ), p_actor, 'convert', '/opportunity'));
end
$$;

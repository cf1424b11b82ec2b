-- The account of a conversion: the chosen one with its empty fields filled, else a new one of the lead's company. Null where the
-- lead names no company.
create or replace function convert_lead_account(p_lead jsonb, p_chosen jsonb, p_options jsonb, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_owner jsonb := coalesce(p_options -> 'owner_id', p_lead -> 'owner_id');
    v_data jsonb := jsonb_strip_nulls(jsonb_build_object('website', p_lead -> 'website', 'company_key', p_lead -> 'company_key'))
        || shared_fields('lead', 'account', p_lead);
begin
    if p_chosen ? 'account' then
        return fill_record('account', p_chosen -> 'account', v_data - 'company_key', '{}', p_actor, '/account_id');
    elsif nullif(btrim(p_lead ->> 'company'), '') is null then
        return null;
    end if;
    return jsonb_build_object('action', 'created', 'id', write_record('account', jsonb_build_object(
        'op', 'create', 'data', v_data || jsonb_strip_nulls(jsonb_build_object('name', p_lead -> 'company', 'owner_id', v_owner))
    ), p_actor, 'convert', '/account'));
end
$$;

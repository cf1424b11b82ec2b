-- The contact of a conversion: the chosen one with its empty fields filled, else a new one. It belongs to the account (with the
-- lead's title as its role), and to the lead's person; one that is another person's already opens a review instead.
-- its_account: that of a contact that is there, where the lead names none.
create or replace function convert_lead_contact(
    p_lead jsonb, p_chosen jsonb, p_account jsonb, p_options jsonb, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_data jsonb := jsonb_strip_nulls(jsonb_build_object(
        'first_name', p_lead -> 'first_name', 'last_name', p_lead -> 'last_name', 'title', p_lead -> 'title',
        'email', p_lead -> 'email', 'email_norm', p_lead -> 'email_norm', 'phone', p_lead -> 'phone',
        'phone_e164', p_lead -> 'phone_e164'
    )) || shared_fields('lead', 'contact', p_lead);
    v_node bigint := (select l.node from lead_node l where l.lead_id = (p_lead ->> 'id')::uuid);
    v_id uuid := (p_chosen #>> '{contact,id}')::uuid;
    v_account uuid := (p_account ->> 'id')::uuid;
    v_place jsonb := '{}';
    v_contact jsonb;
begin
    if v_account is not null and not exists (
        select from account_contacts x where x.contact_id = v_id and x.account_id = v_account
    ) then
        v_place := jsonb_build_object('accounts', jsonb_build_array(jsonb_build_object(
            'account_id', v_account, 'role', coalesce(p_lead ->> 'title', ''),
            'primary', not exists (select from account_contacts x where x.contact_id = v_id and x."primary")
        )));
    end if;
    if v_id is null then
        return jsonb_build_object('action', 'created', 'id', write_record('contact', jsonb_build_object(
            'op', 'create', 'node', v_node, 'allow_duplicate', p_options ->> 'on_duplicate' = 'create',
            'data', v_data || v_place || jsonb_strip_nulls(jsonb_build_object(
                'owner_id', coalesce(p_options -> 'owner_id', p_lead -> 'owner_id'), 'tags', p_lead -> 'tags'
            ))
        ), p_actor, 'convert', '/contact', 20::int2));
    end if;
    v_contact := fill_record(
        'contact', p_chosen -> 'contact', v_data, jsonb_build_object('add', v_place), p_actor, '/contact_id'
    );
    return v_contact || jsonb_strip_nulls(jsonb_build_object(
        'joined_account', case when v_place <> '{}' then v_account end,
        'person', adopt_lead_person((p_lead ->> 'id')::uuid, v_id, v_node, p_actor),
        'its_account', (
            select jsonb_build_object('id', x.account_id, 'action', 'used', 'reason', 'contact', 'filled', '{}'::jsonb)
            from account_contacts x
            where v_account is null and x.contact_id = v_id and (x."to" is null or x."to" > current_date)
            order by x."primary" desc, x.account_id
            limit 1
        )
    ));
end
$$;

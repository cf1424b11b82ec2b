-- Whom to call of a contact or a lead, as far as the caller may read it: {"object", "id", "name", "phone", "account": {"id", "name"}}; a phone only of
-- who may be called. Null for what is not there.
create or replace function call_person(p_object text, p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_record jsonb;
begin
    if not may_read(p_object, p_id) then
        return null;
    end if;
    v_record := case p_object when 'contact' then contact_json(p_id) when 'lead' then lead_json(p_id) end;
    return case when v_record is not null then jsonb_build_object(
        'object', p_object, 'id', p_id, 'name', coalesce(v_record ->> 'name', v_record ->> 'email', v_record ->> 'company'),
        'phone', case when v_record -> 'do_not_contact' is distinct from 'true' and not exists (
            select from contact_channels h
            where h.contact_id = p_id and h.kind = 'phone' and h.value = v_record ->> 'phone' and (h.opted_out or h.invalid)
        ) and not refused_channels(p_id) ? 'phone' then v_record ->> 'phone' end,
        'account', case when v_record ->> 'account_id' is not null then jsonb_build_object(
            'id', v_record -> 'account_id', 'name', v_record -> 'account'
        ) end
    ) end;
end
$$;

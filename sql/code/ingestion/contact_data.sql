-- The fields of a new contact from what trusted sources said of its person, as write_records takes them. p_email: an address that
-- the person is known by, for want of the trait.
create or replace function contact_data(p_node bigint, p_email text) returns jsonb
language plpgsql stable
as $$
declare
    v_data jsonb;
begin
    -- No contact has the null id: only the node counts.
    select coalesce(jsonb_object_agg(s.field, s.value), '{}') into v_data
    from contact_said(array['00000000-0000-0000-0000-000000000000'::uuid], array[p_node]) s;
    if not v_data ? 'email' and p_email is not null then
        v_data := v_data || jsonb_build_object('email', p_email);
    end if;
    return v_data || jsonb_build_object(
        'email_norm', normal_form_of('email', v_data ->> 'email'), 'phone_e164', normal_form_of('phone', v_data ->> 'phone')
    );
end
$$;

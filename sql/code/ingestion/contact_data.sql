-- The fields of a new contact from the traits of a person, as write_records takes them. p_email: the person's first address, for
-- want of the trait.
create or replace function contact_data(p_label bigint, p_email text) returns jsonb
language plpgsql stable
as $$
declare
    v_data jsonb;
begin
    select coalesce(jsonb_object_agg(f.field, f.value), '{}') into v_data
    from (
        select distinct on (k.field) k.field, v.value
        from component_traits(p_label) t
        join person_field_keys() k on k.key = t.trait
        cross join lateral (select person_field_value(k.field, k.key, t.value) as value) v
        where v.value is not null
        order by k.field, t.ts desc, t.message_id collate "C" desc, k.key = 'name'
    ) f;
    if not v_data ? 'email' and p_email is not null then
        v_data := v_data || jsonb_build_object('email', p_email);
    end if;
    return v_data || jsonb_build_object(
        'email_norm', normal_form_of('email', v_data ->> 'email'), 'phone_e164', normal_form_of('phone', v_data ->> 'phone')
    );
end
$$;

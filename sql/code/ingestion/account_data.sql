-- What a group call's traits say of an account: its fields as write_records takes them. Absent, null and blank traits say
-- nothing, nor does what is no text or number.
create or replace function account_data(p_traits jsonb) returns jsonb
language plpgsql immutable
as $$
declare
    v_address jsonb := case when jsonb_typeof(p_traits -> 'address') = 'object' then p_traits -> 'address' else '{}' end;
    v_employees jsonb := coalesce(p_traits -> 'employees', p_traits -> 'employee_count', p_traits -> 'employeeCount');
    v_data jsonb;
begin
    if p_traits is null then
        return '{}';
    end if;
    select coalesce(jsonb_object_agg(f.field, btrim(f.value #>> '{}')), '{}') into v_data
    from (
        values
            ('website', p_traits -> 'website'), ('industry', p_traits -> 'industry'),
            ('description', p_traits -> 'description'), ('phone', p_traits -> 'phone'),
            ('address_street', v_address -> 'street'), ('address_city', v_address -> 'city'),
            ('address_region', v_address -> 'state'), ('address_country', v_address -> 'country'),
            ('address_postal_code', coalesce(v_address -> 'postalCode', v_address -> 'postal_code'))
    ) f(field, value)
    where jsonb_typeof(f.value) in ('string', 'number')
      and btrim(f.value #>> '{}') <> '' and octet_length(f.value #>> '{}') <= 2000;
    -- A number of people, also as text.
    if v_employees #>> '{}' ~ '^[0-9]{1,9}$' then
        v_data := v_data || jsonb_build_object('employee_count', (v_employees #>> '{}')::int4);
    end if;
    return v_data;
end
$$;

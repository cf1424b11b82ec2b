-- The keys of an object with their values as text: [{name, value}].
create or replace function named_values(p_object jsonb) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(jsonb_build_object('name', e.key, 'value', case jsonb_typeof(e.value)
        when 'array' then (select string_agg(x.value, ', ') from jsonb_array_elements_text(e.value) x(value))
        else e.value #>> '{}'
    end) order by e.key), '[]')
    from jsonb_each(case jsonb_typeof(p_object) when 'object' then p_object else '{}' end) e
$$;

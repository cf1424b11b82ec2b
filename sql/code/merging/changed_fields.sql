-- What a merge did to the fields of its winner: {field: {"old", "new", "from": the record that the value came from, null: a person's
-- choice, or several}}.
create or replace function changed_fields(p_object jsonb, p_before jsonb, p_picked jsonb) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_object_agg(n.key, jsonb_build_object(
        'old', p_before -> n.key, 'new', n.value,
        'from', case when p_picked #> array[n.key, 'value'] = n.value then p_picked #> array[n.key, 'from'] else 'null' end
    )), '{}')
    from jsonb_each(merged_now(p_object, (p_before ->> 'id')::uuid)) n
    where n.key not in ('version', 'updated_at') and n.value is distinct from p_before -> n.key
$$;

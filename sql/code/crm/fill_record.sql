-- Fills the empty fields of a record that a conversion uses: {"id", "action": "used", "reason", "filled": {field: value}}. p_item
-- adds to the item of write_records, as rows to a child array.
create or replace function fill_record(
    p_object text, p_chosen jsonb, p_data jsonb, p_item jsonb, p_actor text, p_pointer text
) returns jsonb
language plpgsql
as $$
declare
    v_object jsonb := describe_object(p_object);
    v_query text := format('select to_jsonb(t) from %I t where t.id = $1', v_object ->> 'relation');
    v_id uuid := (p_chosen ->> 'id')::uuid;
    v_old jsonb;
    v_new jsonb;
begin
    execute v_query into v_old using v_id;
    if v_old is null or readable_ids(p_object, array[v_id]) = '{}' then
        raise exception 'no such %', p_object using errcode = 'TD004', detail = jsonb_build_array(jsonb_build_object(
            'pointer', p_pointer, 'code', 'unknown_reference', 'detail', 'there is no such record'
        ))::text;
    end if;
    -- Who may not edit it uses it as it is; a place in it (p_item) is an edit.
    if coalesce(p_item -> 'add', '{}') <> '{}' or is_within(p_object, 'edit', (v_old ->> 'owner_id')::uuid) then
        perform write_record(
            p_object, p_item || jsonb_build_object('op', 'update', 'id', v_id, 'data', p_data, 'only_empty', true), p_actor, 'convert',
            p_pointer, 20::int2
        );
    end if;
    execute v_query into v_new using v_id;
    return jsonb_build_object(
        'id', v_id, 'action', 'used', 'reason', p_chosen -> 'reason', 'filled', (
            select coalesce(jsonb_object_agg(d.key, v_new -> d.key), '{}')
            from jsonb_object_keys(p_data) d(key)
            where coalesce(v_old -> d.key, 'null') = 'null' and v_new ->> d.key is not null
        )
    );
end
$$;

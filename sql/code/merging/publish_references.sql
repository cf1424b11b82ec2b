-- History and outbox of records whose reference a merge, or its undo, has pointed elsewhere: p_changed is [[id, version, old, new]].
create or replace function publish_references(p_context jsonb, p_name text, p_column text, p_changed jsonb) returns void
language plpgsql
as $$
begin
    insert into record_history (object, record_id, version, at, actor, cause, source, action, changes)
    select p_name, (c ->> 0)::uuid, (c ->> 1)::integer, now(), p_context ->> 'actor', p_context ->> 'cause', 0, 'update',
        jsonb_build_object(p_column, jsonb_build_array(c -> 2, c -> 3))
    from jsonb_array_elements(p_changed) c;
    insert into outbox (topic, key, payload, at)
    select p_name || '.updated', c ->> 0,
        jsonb_build_object('object', p_name, 'id', c -> 0, 'version', c -> 1, 'cause', p_context -> 'cause',
            'fields', jsonb_build_array(p_column)),
        now()
    from jsonb_array_elements(p_changed) c;
end
$$;

-- Changes a custom field and answers it as add_custom_field does. p_change: the columns of custom_field that change, checked before
-- the call; p_version: what the caller has seen, null: whatever it is. The relation is locked only where its column changes.
-- Run by the owner, as add_custom_field. Raises TD001, TD002, and TD005 where records hold an option that is left out.
create or replace function update_custom_field(
    p_object text, p_name text, p_change jsonb, p_version integer, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_relation text := (select o.relation from object_description o where o.object = p_object);
    v_old jsonb;
    v_new jsonb;
    v_locked timestamptz;
begin
    perform from object_catalog for update;
    v_old := custom_field_json(p_object, p_name);
    if v_old is null then
        raise exception 'no such field' using errcode = 'TD001';
    elsif (v_old ->> 'version')::integer <> p_version then
        raise exception 'another version' using errcode = 'TD002', hint = v_old ->> 'version';
    end if;
    v_new := jsonb_strip_nulls(v_old || p_change);
    if v_new = v_old then
        return v_old;
    end if;
    perform keep_options(v_relation, v_old, v_new);
    update custom_field f
    set label = n.label, help = coalesce(n.help, ''), hidden = n.hidden, required = n.required, "unique" = n."unique",
        personal = n.personal, searchable = n.searchable, compared = n.compared, "default" = n."default", options = n.options, position = n.position,
        version = f.version + 1, updated_at = now()
    from jsonb_populate_record(null::custom_field, v_new) n
    where f.object = p_object and f.name = p_name;
    update object_catalog set version = version + 1;
    if (v_new -> 'default', v_new -> 'options') is distinct from (v_old -> 'default', v_old -> 'options') then
        execute format('lock table %I in access exclusive mode', v_relation);
        v_locked := clock_timestamp();
        perform change_custom_column(v_relation, v_new);
    end if;
    execute format('comment on column %I.%I is %L', v_relation, p_name, custom_field_comment(v_new));
    perform append_audit(p_actor, 'field.update', p_object, p_name, p_change);
    return custom_field_json(p_object, p_name) || jsonb_build_object(
        'locked_ms', coalesce(round(extract(epoch from clock_timestamp() - v_locked)::numeric * 1000, 1), 0)
    );
end
$$;

-- Takes a hidden custom field away for good: its column with all values, its indexes, and what roles say of it. Answers {"object", "name",
-- "values": records that have one, "locked_ms"}. What was recorded before (history, the bin) keeps what it says.
-- Run by the owner, as add_custom_field. Raises TD001; TD013 where it is not hidden; TD005 with {relation: rows} where something names it.
create or replace function drop_custom_field(p_object text, p_name text, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_relation text := (select o.relation from object_description o where o.object = p_object);
    v_field jsonb;
    v_uses jsonb;
    v_values bigint;
    v_locked timestamptz;
begin
    perform from object_catalog for update;
    v_field := custom_field_json(p_object, p_name);
    if v_field is null then
        raise exception 'no such field' using errcode = 'TD001';
    elsif not (v_field ->> 'hidden')::boolean then
        raise exception 'the field is in use' using errcode = 'TD013',
            detail = 'Only a hidden field can be dropped: hide it first and see that nobody misses it.';
    end if;
    v_uses := custom_field_uses(p_object, p_name);
    if v_uses <> '{}' then
        raise exception 'the field is named' using errcode = 'TD005', detail = v_uses::text;
    end if;
    execute format('select count(t.%I) from %I t', p_name, v_relation) into v_values;
    delete from role_field f where f.object = p_object and f.field = p_name;
    delete from custom_field f where f.object = p_object and f.name = p_name;
    update object_catalog set version = version + 1;
    execute format('lock table %I in access exclusive mode', v_relation);
    v_locked := clock_timestamp();
    -- With models over it (open_bi_models).
    execute format('alter table %I drop column %I cascade', v_relation, p_name);
    perform append_audit(p_actor, 'field.drop', p_object, p_name, v_field || jsonb_build_object('values', v_values));
    return jsonb_build_object(
        'object', p_object, 'name', p_name, 'values', v_values,
        'locked_ms', round(extract(epoch from clock_timestamp() - v_locked)::numeric * 1000, 1)
    );
end
$$;

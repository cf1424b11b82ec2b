-- Gives an object a field and answers it as custom_field_json does, with locked_ms: how long the relation was locked, in ms. p_field: as
-- the table custom_field has it, checked before the call. The column is added without reading or writing a row: its default is a
-- constant, and constraints hold for what is written from now on (nothing was before).
-- Run by the owner in a transaction of its own, with a short lock_timeout: whoever waits for the relation's lock holds up all behind it.
-- Raises TD004 where the name is taken or the currency's field is none, TD016 beyond 500 fields.
create or replace function add_custom_field(p_object text, p_field jsonb, p_actor text) returns jsonb
language plpgsql
as $$
declare
    c_limit constant integer := 500;
    v_relation text := (select o.relation from object_description o where o.object = p_object);
    v_name text := p_field ->> 'name';
    v_locked timestamptz;
begin
    if to_regclass(quote_ident(v_relation)) is null then
        raise exception 'no object %', p_object using errcode = 'TD001';
    end if;
    -- One writer at a time.
    perform from object_catalog for update;
    if exists (select from custom_field f where f.object = p_object and f.name = v_name) then
        raise exception 'the name is taken' using errcode = 'TD004', detail = jsonb_build_array(jsonb_build_object(
            'pointer', '/name', 'code', 'taken', 'detail', 'is the name of a field, which may be hidden'
        ))::text;
    elsif (select count(*) from custom_field f where f.object = p_object) >= c_limit then
        raise exception 'too many fields' using errcode = 'TD016',
            detail = format('%s have %s fields of your own already, hidden ones among them.', v_relation, c_limit);
    end if;
    insert into custom_field (
        object, name, type, label, help, hidden, required, personal, searchable, compared, fixed, "default", minimum, maximum, maximum_bytes,
        pattern, options, currency, target, position, created_by
    )
    select
        p_object, v_name, f.type, f.label, coalesce(f.help, ''), coalesce(f.hidden, false), coalesce(f.required, false),
        coalesce(f.personal, false), coalesce(f.searchable, false), coalesce(f.compared, false), coalesce(f.fixed, false), f."default", f.minimum, f.maximum,
        f.maximum_bytes, f.pattern, f.options, f.currency, f.target,
        coalesce(f.position, (select coalesce(max(c.position), 0) + 1 from custom_field c where c.object = p_object)), p_actor
    from jsonb_populate_record(null::custom_field, p_field) f;
    update object_catalog set version = version + 1;
    execute format('lock table %I in access exclusive mode', v_relation);
    v_locked := clock_timestamp();
    perform add_custom_column(v_relation, p_field);
    perform append_audit(p_actor, 'field.create', p_object, v_name, p_field);
    return custom_field_json(p_object, v_name) || jsonb_build_object(
        'locked_ms', round(extract(epoch from clock_timestamp() - v_locked)::numeric * 1000, 1)
    );
end
$$;

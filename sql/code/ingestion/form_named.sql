-- The form of a name; made where it is new, but not beyond the thousandth: anybody can send names. Null if there is none.
create or replace function form_named(p_name text, p_source int2, p_ts timestamptz) returns uuid
language plpgsql
as $$
declare
    v_form uuid := (select f.id from forms f where f.name = p_name);
begin
    if v_form is null and (select count(*) from forms) < 1000 then
        select w.id into v_form
        from write_records('form', p_source, source_rank(p_source), p_ts, 'event', 'event', jsonb_build_array(
            jsonb_build_object('op', 'create', 'data', jsonb_build_object('name', p_name))
        )) w;
    end if;
    return v_form;
end
$$;

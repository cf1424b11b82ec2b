-- One import; TD001 when there is none.
create or replace function show_import(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_result jsonb;
begin
    select import_json(to_jsonb(i)) into v_result from import i where i.id = p_id;
    if v_result is null then
        raise exception 'no import %', p_id using errcode = 'TD001';
    end if;
    return v_result;
end
$$;

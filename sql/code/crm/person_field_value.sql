-- What a trait says for a field: its text without white space at its ends, or null (nothing) for what is blank, over 512
-- bytes or no text or number.
create or replace function person_field_value(p_field text, p_key text, p_value jsonb) returns jsonb
language plpgsql immutable
as $$
declare
    v_text text;
begin
    if jsonb_typeof(p_value) not in ('string', 'number') then
        return null;
    end if;
    v_text := btrim(p_value #>> '{}', E' \t\n\r\f\v');
    if p_key = 'name' then
        v_text := case p_field when 'first_name' then substring(v_text from '^\S+')
            else btrim(substring(v_text from '\s(.*)$'), E' \t\n\r\f\v') end;
    end if;
    if v_text is null or v_text = '' or octet_length(v_text) > 512 then
        return null;
    end if;
    return to_jsonb(v_text);
end
$$;

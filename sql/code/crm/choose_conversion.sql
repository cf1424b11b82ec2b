-- Which of a lead's matches (see lead_matches) its conversion uses: {"account"?, "contact"?}, each as {"id", "reason"}. What the
-- caller names comes first. Raises TD015 ambiguous_conversion where several are there, or any with on_duplicate error; the
-- detail is what was found.
create or replace function choose_conversion(p_options jsonb, p_matches jsonb) returns jsonb
language plpgsql stable
as $$
declare
    v_policy text := coalesce(p_options ->> 'on_duplicate', 'use');
    v_chosen jsonb := '{}';
    v_unclear jsonb := '{}';
    v_side text;
    v_found jsonb;
begin
    foreach v_side in array array['account', 'contact'] loop
        v_found := p_matches -> (v_side || 's');
        if p_options ? (v_side || '_id') then
            v_chosen := v_chosen || jsonb_build_object(
                v_side, jsonb_build_object('id', p_options -> (v_side || '_id'), 'reason', 'named')
            );
        elsif v_side = 'contact' and v_found #>> '{0,reason}' = 'person' and v_found #>> '{1,reason}' is distinct from 'person' then
            -- The same person is no duplicate.
            v_chosen := v_chosen || jsonb_build_object(v_side, v_found -> 0);
        elsif v_policy = 'create' or v_found = '[]' then
            continue;
        elsif v_policy = 'error' or jsonb_array_length(v_found) > 1 then
            v_unclear := v_unclear || jsonb_build_object(v_side || 's', v_found);
        else
            v_chosen := v_chosen || jsonb_build_object(v_side, v_found -> 0);
        end if;
    end loop;
    if v_unclear <> '{}' then
        raise exception 'there are such records already' using errcode = 'TD015', detail = v_unclear::text;
    end if;
    return v_chosen;
end
$$;

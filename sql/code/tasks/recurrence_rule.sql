-- A rule of RFC 5545 as {"freq", "interval", "byday": [{"day", "n"?}], "bymonthday": [number], "count"?, "until"?}; days are numbered from
-- Monday, 1. What is wrong with it, or not supported, is {"error": words}.
create or replace function recurrence_rule(p_rule text) returns jsonb
language plpgsql immutable
as $$
declare
    v_rule jsonb := '{"interval": 1, "byday": [], "bymonthday": []}';
    v_part text;
    v_name text;
    v_value text;
    v_item text;
    v_seen text[] := '{}';
    v_days constant text[] := array['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
begin
    foreach v_part in array string_to_array(upper(regexp_replace(p_rule, '^\s*RRULE:', '', 'i')), ';') loop
        v_name := btrim(split_part(v_part, '=', 1));
        v_value := btrim(split_part(v_part, '=', 2));
        if v_name = any (v_seen) then
            return jsonb_build_object('error', 'names ' || v_name || ' twice');
        end if;
        v_seen := v_seen || v_name;
        case v_name
            when 'FREQ' then
                if v_value not in ('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY') then
                    return '{"error": "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY"}';
                end if;
                v_rule := v_rule || jsonb_build_object('freq', v_value);
            when 'INTERVAL', 'COUNT' then
                if v_value !~ '^[1-9][0-9]{0,2}$' then
                    return jsonb_build_object('error', v_name || ' is a number from 1 to 999');
                end if;
                v_rule := v_rule || jsonb_build_object(lower(v_name), v_value::integer);
            when 'UNTIL' then
                if v_value !~ '^[0-9]{8}(T[0-9]{6}Z?)?$' then
                    return '{"error": "UNTIL is a day as 20270131, or a time as 20270131T120000Z"}';
                end if;
                perform v_value::timestamp;
                v_rule := v_rule || jsonb_build_object('until', v_value);
            when 'BYDAY' then
                foreach v_item in array string_to_array(v_value, ',') loop
                    if v_item !~ '^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$' then
                        return '{"error": "BYDAY is a list of MO to SU, in months also as 1MO or -1FR"}';
                    end if;
                    v_rule := jsonb_set(v_rule, '{byday}', v_rule -> 'byday' || jsonb_strip_nulls(jsonb_build_object(
                        'day', array_position(v_days, right(v_item, 2)), 'n', nullif(left(v_item, -2), '')::integer)));
                end loop;
            when 'BYMONTHDAY' then
                foreach v_item in array string_to_array(v_value, ',') loop
                    if v_item !~ '^[+-]?([1-9]|[12][0-9]|3[01])$' then
                        return '{"error": "BYMONTHDAY is a list of 1 to 31, or -1 to -31 from the end of the month"}';
                    end if;
                    v_rule := jsonb_set(v_rule, '{bymonthday}', v_rule -> 'bymonthday' || to_jsonb(v_item::integer));
                end loop;
            else
                return jsonb_build_object('error', format(
                    'has %s; FREQ, INTERVAL, BYDAY, BYMONTHDAY, COUNT and UNTIL can be used', coalesce(nullif(v_name, ''), 'an empty part')));
        end case;
    end loop;
    return case
        when not v_rule ? 'freq' then '{"error": "needs FREQ"}'
        when v_rule ?& array['count', 'until'] then '{"error": "has COUNT and UNTIL; only one of them can be used"}'
        when v_rule ->> 'freq' = 'WEEKLY' and v_rule -> 'bymonthday' <> '[]' then '{"error": "cannot have BYMONTHDAY in weeks"}'
        when v_rule ->> 'freq' <> 'MONTHLY' and jsonb_path_exists(v_rule, '$.byday[*].n')
            then '{"error": "can number days (1MO) in months only"}'
        else v_rule
    end;
exception
    when datetime_field_overflow or invalid_datetime_format then
        return '{"error": "UNTIL is a day that there is, as 20270131"}';
end
$$;

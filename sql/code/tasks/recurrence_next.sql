-- The first date of a rule behind a moment, by the clocks of a zone; null: there is none within a hundred years, or the rule has ended.
-- p_starts: the first date, whose time of day all have; where it is no day of the rule itself, it does not count.
create or replace function recurrence_next(p_rule text, p_starts timestamp, p_after timestamp, p_zone text) returns timestamp
language plpgsql stable
as $$
declare
    v_rule jsonb := recurrence_rule(p_rule);
    v_start date := p_starts::date;
    v_time time := p_starts::time;
    v_from date := greatest(p_starts, p_after)::date;
    v_width integer := 400;
    v_next date;
    v_end timestamp;
begin
    while v_next is null and v_width < 40000 loop
        select d.at into v_next
        from recurrence_dates(v_rule, v_start, v_from, v_from + v_width) d (at)
        where d.at + v_time > p_after
        order by d.at
        limit 1;
        v_from := v_from + v_width;
        v_width := v_width * 3;
    end loop;
    if v_next is null
        or v_rule ? 'count' and (v_rule ->> 'count')::integer < (select count(*) from recurrence_dates(v_rule, v_start, v_start, v_next))
    then
        return null;
    end if;
    v_end := case
        when v_rule ->> 'until' ~ 'Z$' then rtrim(v_rule ->> 'until', 'Z')::timestamp at time zone 'UTC' at time zone p_zone
        when v_rule ->> 'until' ~ 'T' then (v_rule ->> 'until')::timestamp
        -- A day counts whole.
        else (v_rule ->> 'until')::date + time '23:59:59.999999'
    end;
    return case when v_end is null or v_next + v_time <= v_end then v_next + v_time end;
end
$$;

-- The days of a rule (as recurrence_rule answers it) that began on p_start, from one day to another, whatever its count and end are. Months
-- without the day are skipped.
create or replace function recurrence_dates(p_rule jsonb, p_start date, p_from date, p_to date) returns setof date
language sql immutable
as $$
    with rule as (
        select p_rule ->> 'freq' as freq, (p_rule ->> 'interval')::integer as every,
            p_rule -> 'byday' as byday, p_rule -> 'bymonthday' as bymonthday,
            p_rule -> 'byday' = '[]' and p_rule -> 'bymonthday' = '[]' as is_plain,
            extract(isodow from p_start)::integer as weekday, extract(day from p_start)::integer as day,
            extract(month from p_start)::integer as month, extract(year from p_start)::integer as year
    ), days as (
        select d.at, extract(isodow from d.at)::integer as weekday, extract(day from d.at)::integer as day,
            extract(month from d.at)::integer as month, extract(year from d.at)::integer as year,
            extract(day from date_trunc('month', d.at::timestamp) + interval '1 month - 1 day')::integer as last
        from (
            select p_from + n as at
            from generate_series(greatest(0, p_start - p_from), p_to - p_from) n
        ) d
    )
    select d.at
    from days d cross join rule r
    where case r.freq
            when 'DAILY' then (d.at - p_start) % r.every = 0
            when 'WEEKLY' then ((d.at - d.weekday) - (p_start - r.weekday)) / 7 % r.every = 0
            when 'MONTHLY' then ((d.year - r.year) * 12 + d.month - r.month) % r.every = 0
            else (d.year - r.year) % r.every = 0
        end
        and (r.byday = '[]' or exists (
            select from jsonb_to_recordset(r.byday) b (day integer, n integer)
            where b.day = d.weekday and case
                when b.n is null then true
                when b.n > 0 then (d.day - 1) / 7 + 1 = b.n
                else (d.last - d.day) / 7 + 1 = -b.n
            end))
        and (r.bymonthday = '[]' or exists (
            select from jsonb_array_elements_text(r.bymonthday) m where m::integer in (d.day, d.day - d.last - 1)))
        and (not r.is_plain or case r.freq
            when 'WEEKLY' then d.weekday = r.weekday
            when 'MONTHLY' then d.day = r.day
            when 'YEARLY' then d.day = r.day and d.month = r.month
            else true
        end)
    order by d.at
$$;

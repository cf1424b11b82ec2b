-- How what is planned stands at a moment, in a time zone: overdue, today, week (the seven days after today), later, or someday (without a date).
-- What is due at a time is overdue from then on; what is due on a day, from the midnight that ends it.
create or replace function due_state(p_due_at timestamptz, p_due_date date, p_zone text, p_now timestamptz) returns text
language sql stable
as $$
    select case
        when d.due is null then 'someday'
        when p_due_at < p_now or d.due < d.today then 'overdue'
        when d.due = d.today then 'today'
        when d.due <= d.today + 7 then 'week'
        else 'later'
    end
    from (
        select coalesce((p_due_at at time zone p_zone)::date, p_due_date) as due, (p_now at time zone p_zone)::date as today
    ) d
$$;
